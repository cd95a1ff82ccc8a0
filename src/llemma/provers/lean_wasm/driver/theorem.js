// A theorem's source: put together from its parts, and parsed to see that each part stayed in its place.

'use strict';

const o = require('./objects.js');
const { parse, namespaceOf, MESSAGES_DONE } = require('./frontend.js');
const { Refused } = require('./declarations.js');
const { refusal } = require('./screen.js');

const NODE = 1, ATOM = 2, IDENTIFIER = 3;
const DECLARATION = 'Lean.Parser.Command.declaration', THEOREM = 'Lean.Parser.Command.theorem';
const IN = 'Lean.Parser.Command.in', MUTUAL = 'Lean.Parser.Command.mutual';
const VALUES = ['declValSimple', 'declValEqns', 'whereStructInst'].map((kind) => `Lean.Parser.Command.${kind}`);
const BY = 'Lean.Parser.Term.byTactic';

const KEYWORD = 'theorem ';
const CLOSING = 'all_goals sorry'; // ends a proof that is only looked at

const WITHOUT_SIGN = /^\s*(?=\||where\s)/; // equations and fields follow the statement without `:=`

// A statement is followed by a line break, so that a comment at its end cannot hide the proof.
class Source {
  constructor(name, statement, proof) {
    const before = `${KEYWORD}${name} ${statement}\n`, blanks = WITHOUT_SIGN.exec(proof)?.[0];
    const sign = blanks === undefined ? ':=\n' : '';
    this.beforeValue = before + (blanks ?? '');
    this.beforeProof = before + sign;
    this.text = this.beforeProof + proof;
    this.proofLine = this.beforeProof.split('\n').length;
  }

  // Lean's position in the text -> a position in the proof, null for one in the statement.
  inProof({ line, column }) {
    return line < this.proofLine ? null : { line: line - this.proofLine + 1, column };
  }
}

// Parse a source and return its signature and value nodes, and the theorem's full name as a list of parts. Anything but
// one whole theorem is refused.
function parts(source, state) {
  const command = parse(source.text, state);
  requireNoErrors(command.messages, source);
  const rest = parse(source.text, state, command.end);
  if (kindOf(rest.syntax) !== MESSAGES_DONE || rest.messages.length) throw new Refused('there is more than one proof');
  rest.release();
  const theorem = kindOf(command.syntax) === DECLARATION ? child(command.syntax, 1) : null;
  if (theorem === null || kindOf(theorem) !== THEOREM) throw new Refused('this is not a theorem');
  const [, identifier, signature, value] = o.arrayItems(o.field(theorem, 2));
  requirePlace(identifier, KEYWORD, 'the name is not a name');
  requirePlace(value, source.beforeValue, 'the statement does not end where it ends');
  if (!VALUES.includes(kindOf(value))) throw new Refused('the proof is neither a term nor tactics');
  return { signature, value, name: declaredName(identifier, state), release: command.release };
}

function requireNoErrors(messages, source) {
  const error = messages.find((message) => message.severity === 'error');
  if (error) throw Object.assign(new Refused(error.data), { position: source.inProof(error.pos) });
}

function requirePlace(node, before, complaint) {
  if (startOf(node) !== Buffer.byteLength(before)) throw new Refused(complaint);
}

// The full name, as a list of parts, of what `identifier` names in a declaration.
function declaredName(identifier, state) {
  const written = o.nameParts(o.field(child(identifier, 0), 2));
  return written[0] === '_root_' ? written.slice(1) : [...namespaceOf(state), ...written];
}

function requireScreened(node, what) {
  const found = refusal(node);
  if (found) throw new Refused(`${what} must not use ${found}`);
}

// The next command of a file: where it is, what is refused in it, its parse errors, and the theorems that it states.
function nextCommand(source, state, position) {
  const { syntax, end, messages, release } = parse(source, state, position);
  const start = startOf(syntax);
  const command = {
    isEnd: kindOf(syntax) === MESSAGES_DONE && messages.length === 0 || end <= position,
    start: start < 0 ? position : start, end, messages, refused: refusal(syntax),
    theorems: theoremsIn(syntax).map((theorem) => stated(theorem, state)),
  };
  release();
  return command;
}

function theoremsIn(command) {
  switch (kindOf(command)) {
    case DECLARATION: return kindOf(child(command, 1)) === THEOREM ? [child(command, 1)] : [];
    case IN: return theoremsIn(child(command, 2));
    case MUTUAL: return o.arrayItems(o.field(child(command, 1), 2)).flatMap(theoremsIn);
    default: return [];
  }
}

// A theorem's full name as a list of parts, its name as it is written, where it begins, and the bytes of its statement:
// from the signature up to the proof.
function stated(theorem, state) {
  const [, identifier, signature, value] = o.arrayItems(o.field(theorem, 2));
  return {
    name: declaredName(identifier, state), written: o.nameText(o.field(child(identifier, 0), 2)),
    start: startOf(theorem), statement: [startOf(signature), startOf(value)],
  };
}

// The tactics of a value that ends in CLOSING as its last tactic of the outermost block, without that one.
function tacticsBefore(value, closingStart) {
  const term = child(value, 1);
  if (kindOf(term) !== BY) throw new Refused('not a tactic');
  const tactics = o.arrayItems(o.field(child(child(child(term, 1), 0), 0), 2));
  if (startOf(tactics.at(-1)) !== closingStart) throw new Refused('not a whole tactic');
  return tactics.slice(0, -1);
}

const child = (node, index) => o.arrayItem(o.field(node, 2), index);
const kindOf = (syntax) => (!o.isBoxed(syntax) && o.tag(syntax) === NODE ? o.nameText(o.field(syntax, 1)) : '');

// The byte at which a syntax begins; -1 when it has no text.
function startOf(syntax) {
  if (o.isBoxed(syntax)) return -1;
  if (o.tag(syntax) === ATOM || o.tag(syntax) === IDENTIFIER) {
    const info = o.field(syntax, 0);
    return o.isBoxed(info) || o.tag(info) !== 0 ? -1 : o.unbox(o.field(info, 1));
  }
  for (const item of o.arrayItems(o.field(syntax, 2))) {
    const start = startOf(item);
    if (start >= 0) return start;
  }
  return -1;
}

module.exports = { Source, parts, requireScreened, tacticsBefore, nextCommand, CLOSING };
