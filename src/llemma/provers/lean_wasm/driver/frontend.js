// Lean's frontend: one base environment, sources parsed and elaborated on top of it command by command.

'use strict';

const o = require('./objects.js');

let lean;
let base; // the Command.State that every request starts from; never changed
const preludes = new Map(); // source -> Command.State after it, or the error in it
const KEPT_PRELUDES = 64;

const STATE_ENVIRONMENT = 0, STATE_MESSAGES = 1, STATE_SCOPES = 2, STATE_INFO = 8;
const SCOPE_OPTIONS = 1, SCOPE_NAMESPACE = 2, SCOPE_OPEN = 3;
const UNCHECKED = 'debug.skipKernelTC';
const MESSAGES_DONE = 'Lean.Parser.Command.eoi';
const LEVEL_PRIVATE = 2; // of OLeanLevel: below it plain theorems become private names

// Import modules and make the base state. `options` are Lean options: booleans and numbers by name.
function start(exports, imports, options) {
  lean = exports;
  lean.lean_enable_initializer_execution();
  lean.lean_io_mark_end_initialization();
  lean.lean_init_task_manager_using(1);
  const modules = o.array(imports.map((module) => o.construct(0, [o.dotted(module)], [0, 1, 0])));
  const environment = o.io(lean.l_Lean_importModules(
    modules, o.constant('l_Lean_Options_empty'), 0, o.array([]), 1, 1, LEVEL_PRIVATE, o.constant('l_Lean_NameSet_empty')));
  const empty = lean.l_Lean_Elab_Command_mkState(
    environment, o.constant('l_Lean_MessageLog_empty'), optionMap(options)) >>> 0;
  // The package has no code for much of the library: what uses it cannot be compiled, and need not be.
  base = withoutMessages(elaborate('noncomputable section', empty, { commands: 1 }).state);
}

function optionMap(options) {
  let map = o.box(0);
  for (const [key, value] of Object.entries(options)) {
    map = (typeof value === 'boolean'
      ? lean.l_Lean_KVMap_setBool(map, o.dotted(key), value ? 1 : 0)
      : lean.l_Lean_KVMap_setNat(map, o.dotted(key), o.box(value))) >>> 0;
  }
  return map;
}

// The state after a prelude, which is elaborated once. An error in it is thrown as a Refusal.
class Refusal extends Error {}

function stateAfter(prelude) {
  if (!prelude) return base;
  if (!preludes.has(prelude)) {
    if (preludes.size >= KEPT_PRELUDES) forgetOldestPrelude();
    const { state, messages } = elaborate(prelude, base, { withParseErrors: true });
    const error = messages.find((message) => message.severity === 'error');
    if (error) o.drop(state);
    preludes.set(prelude, error ? new Refusal(`the prelude has an error: ${error.data}`) : withoutMessages(state));
  }
  const known = preludes.get(prelude);
  if (known instanceof Refusal) throw known;
  return known;
}

function forgetOldestPrelude() {
  const [source, state] = preludes.entries().next().value;
  if (!(state instanceof Refusal)) o.drop(state);
  preludes.delete(source);
}

const withoutMessages = (state) => o.copyWith(state, STATE_MESSAGES, o.keep(o.constant('l_Lean_MessageLog_empty')));
const environmentOf = (state) => o.field(state, STATE_ENVIRONMENT);
const scopeOf = (state) => o.field(o.field(state, STATE_SCOPES), 0);
const namespaceOf = (state) => o.nameParts(o.field(scopeOf(state), SCOPE_NAMESPACE));

// The state with information trees switched on, which hold the goals at every tactic.
function withInformation(state) {
  const information = o.field(state, STATE_INFO), fields = [];
  for (let i = 0; i < o.fieldCount(information); i++) fields.push(o.keep(o.field(information, i)));
  return o.copyWith(state, STATE_INFO, o.construct(o.tag(information), fields, [1]));
}

// The state in which the kernel checks, as in every Lean but ours, where that is left to the referee.
function withKernel(state) {
  const scopes = o.field(state, STATE_SCOPES), scope = o.field(scopes, 0);
  const options = lean.l_Lean_KVMap_setBool(o.keep(o.field(scope, SCOPE_OPTIONS)), o.dotted(UNCHECKED), 0) >>> 0;
  const changed = o.construct(1, [o.copyWith(scope, SCOPE_OPTIONS, options), o.keep(o.field(scopes, 1))]);
  return o.copyWith(state, STATE_SCOPES, changed);
}

function inputContext(source) {
  const size = Buffer.byteLength(source);
  return lean.l_Lean_Parser_mkInputContext___redArg(o.string(source), o.string('<input>'), 1, o.box(size)) >>> 0;
}

// Parse one command from byte `position` on, elaborating nothing. Return its syntax, the errors and where it ended.
function parse(source, state, position = 0) {
  const scope = scopeOf(state);
  const context = o.construct(0, [
    o.keep(environmentOf(state)), o.keep(o.field(scope, SCOPE_OPTIONS)),
    o.keep(o.field(scope, SCOPE_NAMESPACE)), o.keep(o.field(scope, SCOPE_OPEN))]);
  const parserState = o.construct(0, [o.box(position)], [0]);
  const result = lean.l_Lean_Parser_parseCommand(
    inputContext(source), context, parserState, o.constant('l_Lean_MessageLog_empty')) >>> 0;
  const rest = o.field(result, 1);
  return {
    syntax: o.field(result, 0),
    end: o.unbox(o.field(o.field(rest, 0), 0)),
    messages: messagesIn(o.field(rest, 1)),
    release: () => o.drop(result),
  };
}

// Elaborate a source on top of `state`. Return the new state and the messages; `onCommand(state, inputContext)` is
// called after each command. Messages are read after each: those of earlier commands are gone later.
//
// Lean's frontend forgets errors of parsing; `withParseErrors` adds them, at the price of parsing twice.
function elaborate(source, state, { commands = Infinity, onCommand = null, withParseErrors = false } = {}) {
  const context = inputContext(source);
  const start = o.construct(0, [o.keep(state), o.construct(0, [o.box(0)], [0]), o.box(0), o.array([])]);
  const reference = lean.lean_st_mk_ref(start) >>> 0;
  const found = { state: o.keep(state), messages: [], commands: [] };
  for (let done = false, count = 0; !done && count < commands; count++) {
    if (withParseErrors) found.messages.push(...parse(source, found.state, found.commands.at(-1)?.end ?? 0).messages);
    done = o.unbox(o.io(lean.l_Lean_Elab_Frontend_processCommand(o.keep(context), o.keep(reference)))) === 1;
    const after = lean.lean_st_ref_get(reference) >>> 0;
    o.drop(found.state);
    found.state = o.keep(o.field(after, 0));
    record(found, after);
    if (onCommand) onCommand(found.state, context);
    o.drop(after);
  }
  o.drop(lean.lean_st_ref_set(reference, o.box(0)) >>> 0);
  o.drop(reference);
  o.drop(context);
  return found;
}

function record(found, after) {
  const syntaxes = o.field(after, 3), syntax = o.arrayItem(syntaxes, o.arraySize(syntaxes) - 1);
  const messages = messagesIn(o.field(found.state, STATE_MESSAGES));
  found.messages.push(...messages);
  found.commands.push({
    kind: o.nameText(lean.l_Lean_Syntax_getKind(o.keep(syntax)) >>> 0),
    start: o.unbox(o.field(after, 2)), // in bytes
    end: o.unbox(o.field(o.field(after, 1), 0)),
    messages,
  });
}

// Lean's own JSON of each message: severity, data, pos and endPos (line from 1, column in code points), kind.
function messagesIn(log) {
  const all = lean.l_Lean_MessageLog_toList(o.keep(log)) >>> 0, messages = [];
  for (const message of o.listItems(all)) {
    const json = lean.l_Lean_Json_compress(lean.l_Lean_Message_toJson(o.keep(message))) >>> 0;
    messages.push(JSON.parse(o.textOf(json)));
    o.drop(json);
  }
  o.drop(all);
  return messages;
}

function findConstant(environment, object) {
  const found = lean.l_Lean_Environment_find_x3f(o.keep(environment), o.keep(object), 0) >>> 0;
  return o.isBoxed(found) ? null : o.field(found, 0);
}

// The name of a constant, a list of parts, inside of Lean: a private one has another there.
function nameInside(state, parts) {
  const environment = environmentOf(state), name = o.name(parts);
  if (findConstant(environment, name) !== null) return parts;
  return o.nameParts(lean.l_Lean_mkPrivateName(o.keep(environment), name) >>> 0);
}

const baseEnvironment = () => environmentOf(base);

module.exports = {
  start, stateAfter, withoutMessages, environmentOf, namespaceOf, withInformation, withKernel, parse, elaborate, findConstant, nameInside,
  baseEnvironment,
  Refusal, MESSAGES_DONE, STATE_INFO,
};
