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
const ATTRIBUTE = 'Lean.Parser.Term.attrInstance';
const ATTRIBUTES = new Set(`
  simp grind ext congr refl symm trans norm_cast coe reducible irreducible semireducible inline always_inline noinline
  specialize instance default_instance class match_pattern elab_as_elim inherit_doc deprecated induction_eliminator
  cases_eliminator`.trim().split(/\s+/));
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
      const attribute = o.nameText(o.field(node, 1)) === ATTRIBUTE ? refusedAttribute(node) : null;
      if (attribute) return attribute;
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

function refusedAttribute(instance) {
  const word = firstWord(o.arrayItem(o.field(instance, 2), 1));
  return ATTRIBUTES.has(word) ? null : `the attribute ${word}`;
}

// The first word of a syntax tree; "" when it has none.
function firstWord(node) {
  if (o.isBoxed(node)) return '';
  if (o.tag(node) === ATOM) return o.textOf(o.field(node, 1)).trim();
  if (o.tag(node) === IDENTIFIER) return o.nameText(o.field(node, 2));
  for (const item of o.arrayItems(o.field(node, 2))) {
    const word = firstWord(item);
    if (word) return word;
  }
  return '';
}

module.exports = { refusal };
