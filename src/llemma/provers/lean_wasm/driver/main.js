// Lean 4 as a server: one JSON request a line on stdin, one JSON answer a line on stdout. See docs/provers.md.
//
// Environment: LEAN_RUNTIME (folder with lean.js, lean.wasm, lib/lean), LEAN_IMPORTS (comma separated), LEAN_OPTIONS
// (JSON), LEAN_STACK_MB. The first line says that it is ready. A fault of Lean's ends the process.

'use strict';

const fs = require('fs');
const path = require('path');
const o = require('./objects.js');
const frontend = require('./frontend.js');
const { Writer, Refused } = require('./declarations.js');
const { Reader, signature } = require('./referee.js');
const { Library } = require('./library.js');
const { goalsAt } = require('./goals.js');
const t = require('./theorem.js');

const RUNTIME = process.env.LEAN_RUNTIME, LIBRARY_PLACE = '/lean';
const FAULT = 3, NO_START = 2;

let lean;
let libraryOfBase;

// `decide +kernel` asks the kernel, and what comes after it in `first | ... | ...` depends on the answer.
const ASKS_KERNEL = /\bkernel\b/;

// Elaborate a proof. Answer the declarations that it made, for the referee of another process.
function elaborate({ name, statement, prelude, proof }) {
  const after = frontend.stateAfter(prelude);
  const state = ASKS_KERNEL.test(prelude + statement + proof) ? frontend.withKernel(after) : o.keep(after);
  const source = new t.Source(name, statement, proof);
  const syntax = t.parts(source, state);
  t.requireScreened(syntax.signature, 'the statement');
  t.requireScreened(syntax.value, 'the proof');
  syntax.release();
  const result = frontend.elaborate(source.text, state, { commands: 1 });
  o.drop(state);
  const messages = result.messages.map((message) => inProof(message, source));
  const error = messages.find((message) => message.severity === 'error');
  if (error) return finish(result, { rejected: error.data, position: error.position, messages });
  return finish(result, { bundle: bundleOf(result.state, after, syntax.name), messages });
}

const inProof = (message, source) =>
  ({ severity: message.severity, data: message.data, kind: message.kind, position: source.inProof(message.pos) });

function finish(result, answer) {
  o.drop(result.state);
  return answer;
}

// What a reader lacks that has only the state `before` the constant `name`, a list of parts.
function bundleOf(state, before, name, write = (writer, object) => writer.constant(object)) {
  const known = frontend.environmentOf(before);
  const writer = new Writer(frontend.environmentOf(state),
    (text, object) => libraryOfBase.has(text, object) || frontend.findConstant(known, object) !== null);
  write(writer, o.name(name));
  const bundle = writer.bundle();
  writer.release();
  return bundle;
}

// The verdict on a bundle: does it hold a proof of the statement that rests on allowed axioms only?
//
// A theorem of a file is stated by the file, whose definitions, notation and instances are not here. But a statement that
// needs none of them must not mean another thing in the file.
function referee({ name, statement, prelude, bundle, axioms, isOfFile }) {
  const state = frontend.stateAfter(prelude);
  if (isOfFile) return judge(state, bundle, { axioms, own: null, alone: standingAlone(state, name, statement) });
  return judge(state, bundle, { axioms, own: signatureOf(state, name, statement), alone: null });
}

// The statement's signature in a bundle of its own, without a proof.
function signatureOf(state, name, statement) {
  const source = new t.Source(name, statement, 'sorry');
  const syntax = t.parts(source, state);
  t.requireScreened(syntax.signature, 'the statement');
  syntax.release();
  const stated = frontend.elaborate(source.text, state, { commands: 1 });
  const error = stated.messages.find((message) => message.severity === 'error');
  try {
    if (error) throw new Refused(`the statement has an error: ${error.data}`);
    return bundleOf(stated.state, state, syntax.name, (writer, object) => writer.signature(object));
  } finally {
    o.drop(stated.state);
  }
}

// The same for a statement of a file, null when it does not stand without the file. One for which Lean makes auxiliary
// definitions does not: a file can have made equal ones before.
function standingAlone(state, name, statement) {
  try {
    const own = signatureOf(state, name, statement);
    return own.constants.length === 1 ? own : null;
  } catch (error) {
    if (error instanceof Refused) return null;
    throw error;
  }
}

// `own` is the statement as this process has elaborated it: its last constant is the theorem, without a proof. A theorem
// of a file has none: it proves what the last constant of its bundle says, and that must agree with `alone` if given.
function judge(state, bundle, { axioms, own, alone }) {
  const environment = frontend.environmentOf(state);
  const known = environment === frontend.baseEnvironment() ? libraryOfBase : new Library(lean, environment);
  const reader = new Reader(lean, environment, known);
  try {
    const statement = own === null ? [] : reader.translate(own);
    const constants = reader.translate(bundle), goal = statement.at(-1) ?? constants.at(-1);
    // before the kernel sees any of it, since some axioms make it run compiled code
    const found = reader.axioms(), refused = found.filter((axiom) => !axioms.includes(axiom));
    if (refused.length) throw new Refused(`it rests on ${refused.join(', ')}`);
    [...statement.slice(0, -1), ...constants].forEach((row) => reader.constant(row));
    const proved = reader.theorem(goal), library = reader.used.size;
    if (own !== null && proved !== signature(goal)) throw new Refused('what is proved is not the statement');
    if (alone !== null && proved !== signature(reader.translate(alone).at(-1))) {
      throw new Refused('the file changes what this statement means');
    }
    return { proved: true, axioms: found, library };
  } finally {
    reader.release();
  }
}

// The goals before each of some tactics in a row, and after the last: what it makes of the state before it.
function steps({ name, statement, prelude, tactics }) {
  const state = frontend.stateAfter(prelude);
  const lines = [...tactics, t.CLOSING].map((tactic) => '  ' + tactic.replaceAll('\n', '\n  ') + '\n');
  const source = new t.Source(name, statement, 'by\n' + lines.join(''));
  const starts = startsOf(lines, Buffer.byteLength(source.beforeProof + 'by\n'));
  const syntax = t.parts(source, state);
  t.requireScreened(syntax.signature, 'the statement');
  t.tacticsBefore(syntax.value, starts.at(-1)).forEach((tactic) => t.requireScreened(tactic, 'a tactic'));
  syntax.release();
  const informed = frontend.withInformation(state);
  let goals = [];
  const onCommand = (after, context) => { goals = starts.map((start) => goalsAt(lean, after, context, start) ?? []); };
  const result = frontend.elaborate(source.text, informed, { commands: 1, onCommand });
  o.drop(informed);
  const error = result.messages.find((message) => message.severity === 'error');
  if (error) return finish(result, { rejected: error.data, position: source.inProof(error.pos) });
  return finish(result, { goals });
}

// The byte at which the tactic of each line begins.
function startsOf(lines, begin) {
  let next = begin;
  return lines.map((line) => {
    const start = next + 2;
    next += Buffer.byteLength(line);
    return start;
  });
}

// All commands of a file one after the other. Answer its messages, and each theorem with its bundle or its first error.
// In a `trusted` file nothing is refused.
function file({ source, trusted }) {
  const bytes = Buffer.from(source);
  const placeAt = (position) => {
    const lines = bytes.subarray(0, position).toString().split('\n');
    return { line: lines.length, column: [...lines.at(-1)].length };
  };
  const start = frontend.stateAfter(''), theorems = [], messages = [];
  let state = ASKS_KERNEL.test(source) ? frontend.withKernel(start) : o.keep(start);
  for (let position = 0; ;) {
    const command = t.nextCommand(source, state, position);
    if (command.isEnd) break;
    const place = placeAt(command.start), text = bytes.subarray(command.start, command.end).toString();
    const result = command.refused && !trusted
      ? { state: o.keep(state), messages: [refusedMessage(command.refused)] } : frontend.elaborate(text, state, { commands: 1 });
    const found = [...command.messages, ...result.messages.map((message) => from(message, place))];
    const own = found.filter((message) => !isBefore(message.pos, place)); // else it is about what is left of an earlier command
    for (const { name, written, start: begin, statement } of command.theorems) {
      const where = { written, begin: command.start, statement, line: placeAt(begin).line };
      theorems.push({ name: written, ...where, ...outcome(result.state, start, name, own) });
    }
    messages.push(...found);
    o.drop(state);
    state = frontend.withoutMessages(result.state);
    o.drop(result.state);
    position = command.end;
  }
  o.drop(state);
  return { messages, theorems };
}

const refusedMessage = (what) => ({ severity: 'error', data: `a proof must not use ${what}`, pos: { line: 1, column: 0 } });

const isBefore = (a, b) => a.line < b.line || a.line === b.line && a.column < b.column;

// A message on a text that begins at `start` of the file.
function from(message, start) {
  const moved = (place) => place && {
    line: place.line + start.line - 1, column: place.line === 1 ? place.column + start.column : place.column };
  return { ...message, pos: moved(message.pos), endPos: moved(message.endPos) };
}

function outcome(state, start, name, messages) {
  const error = messages.find((message) => message.severity === 'error');
  if (error) return { rejected: error.data, position: error.pos };
  return { name: o.nameText(o.name(name)), bundle: bundleOf(state, start, frontend.nameInside(state, name)) };
}

const OPERATIONS = { elaborate, referee, steps, file };

function answer(request) {
  try {
    return OPERATIONS[request.do](request);
  } catch (error) {
    if (error instanceof Refused || error instanceof frontend.Refusal) {
      return { rejected: error.message, position: error.position ?? null };
    }
    throw error; // a fault: the memory cannot be trusted any more
  }
}

const write = (value) => {
  const line = Buffer.from(JSON.stringify(value) + '\n');
  for (let done = 0; done < line.length;) done += fs.writeSync(1, line, done);
};

function serve() {
  let pieces = [];
  process.stdin.on('data', (piece) => {
    for (let end; (end = piece.indexOf(10)) >= 0; piece = piece.subarray(end + 1)) {
      const line = Buffer.concat([...pieces, piece.subarray(0, end)]);
      pieces = [];
      write(respond(line));
    }
    pieces.push(piece);
  });
  process.stdin.on('end', () => process.exit(0));
}

function respond(line) {
  try {
    return { ...answer(JSON.parse(line)), heap: o.size() };
  } catch (error) {
    fs.writeSync(2, String(error?.stack ?? error).slice(0, 1000) + '\n');
    process.exit(FAULT);
  }
}

// Lean sees the oleans only while it imports; afterwards there is no file system at all.
function boot(module) {
  lean = module.getExports();
  o.attach(lean, module.mem);
  module.FS.mkdirTree(LIBRARY_PLACE);
  module.FS.mount(module.NODEFS, { root: RUNTIME }, LIBRARY_PLACE);
  enlargeStack(+process.env.LEAN_STACK_MB);
  lean.lean_initialize();
  o.io(lean.l_Lean_initSearchPath(o.string(LIBRARY_PLACE), o.box(0)));
  frontend.start(lean, process.env.LEAN_IMPORTS.split(','), JSON.parse(process.env.LEAN_OPTIONS));
  module.FS.unmount(LIBRARY_PLACE);
  libraryOfBase = new Library(lean, frontend.baseEnvironment());
}

// The main thread's stack is 64 KiB, too little for deep proofs: move it to a larger piece of memory.
function enlargeStack(megabytes) {
  const size = megabytes << 20, low = lean.malloc(size) >>> 0, high = (low + size - 64) & ~63;
  lean.emscripten_stack_set_limits(high, (low + 15) & ~15);
  lean._emscripten_stack_restore(high);
}

globalThis.LeanModule = {
  noInitialRun: true,
  poolSize: 0, // a thread is started when Lean first needs one
  mainScriptUrlOrBlob: path.join(__dirname, 'thread.js'),
  onRuntimeInitialized() {
    try {
      boot(globalThis.LeanModule);
    } catch (error) {
      fs.writeSync(2, String(error?.stack ?? error) + '\n');
      process.exit(NO_START);
    }
    write({ ready: true });
    serve();
  },
};
process.binding = () => ({ fs: fs.constants }); // all that lean.js asks of it; Node's own is closed to a confined process
require(path.join(RUNTIME, 'lean.js'));
