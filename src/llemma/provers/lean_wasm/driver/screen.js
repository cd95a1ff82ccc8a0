// What a proof must not contain, found in its syntax before any of it is elaborated.
//
// Elaborating such text would run its code in this process. The referee does not rely on this: it is another process.

'use strict';

const o = require('./objects.js');

const ATOM = 2, IDENTIFIER = 3;

const REFUSED_WORDS = new Set(`
  sorry admit native_decide unsafe run_tac run_meta run_elab by_elab include_str implemented_by extern csimp
  initialize builtin_initialize`.trim().split(/\s+/));
const REFUSED_NAMES = new Set(`
  native sorryAx reduceBool reduceNat ofReduceBool ofReduceNat trustCompiler unsafeCast unsafeIO unsafeBaseIO unsafeEIO
  lcProof lcAny lcUnreachable implemented_by extern csimp`.trim().split(/\s+/));
const REFUSED_KINDS = new Map([['Lean.Parser.Term.attributes', 'an attribute']]);
const OPTIONS = new Set(`
  maxHeartbeats maxRecDepth synthInstance.maxHeartbeats synthInstance.maxSize exponentiation.threshold autoImplicit
  relaxedAutoImplicit tactic.hygienic linter.all linter.unusedVariables linter.unusedSimpArgs pp.all pp.explicit
  `.trim().split(/\s+/));

// The first thing in a syntax tree that is refused, as text; null when there is none.
function refusal(syntax) {
  const waiting = [syntax];
  let afterSetOption = false;
  while (waiting.length) {
    const node = waiting.pop();
    if (o.isBoxed(node)) continue; // Syntax.missing
    const found = o.tag(node) === ATOM ? refusedWord(node) : o.tag(node) === IDENTIFIER ? refusedName(node, afterSetOption) : null;
    if (found) return found;
    if (o.tag(node) === ATOM) afterSetOption = o.textOf(o.field(node, 1)).trim() === 'set_option';
    else if (o.tag(node) === IDENTIFIER) afterSetOption = false;
    else {
      const kind = REFUSED_KINDS.get(o.nameText(o.field(node, 1)));
      if (kind) return kind;
      waiting.push(...o.arrayItems(o.field(node, 2)).reverse());
    }
  }
  return null;
}

function refusedWord(atom) {
  const word = o.textOf(o.field(atom, 1)).trim();
  return REFUSED_WORDS.has(word) ? word : null;
}

function refusedName(identifier, isOption) {
  const parts = o.nameParts(o.field(identifier, 2)), name = parts.join('.');
  if (isOption) return OPTIONS.has(name) ? null : `set_option ${name}`;
  return parts.some((part) => REFUSED_NAMES.has(part)) ? name : null;
}

module.exports = { refusal };
