// What the constants of an environment rest on, as far as their bodies are there.
//
// The package leaves out the bodies of theorems and of some definitions; these then look like axioms, but Lean keeps
// their original kind. They are the pinned package's own and count as unknown, not as axioms.

'use strict';

const o = require('./objects.js');
const d = require('./declarations.js');
const { findConstant } = require('./frontend.js');

const INDUCTIVE_ALL = 3, INDUCTIVE_CONSTRUCTORS = 4;
const DEFINITION_KIND = 0, THEOREM_KIND = 1, OPAQUE_KIND = 3; // of Lean.ConstantKind
// The kernel evaluates these with compiled code instead of checking, so they count as axioms.
const COMPILED = new Set(['Lean.reduceBool', 'Lean.reduceNat']);

class Library {
  constructor(lean, environment) {
    this.lean = lean;
    this.environment = environment;
    this.known = new Map(); // name -> its object
    this.axiomsBelow = new Map(); // name -> set of axioms, done
  }

  has(name, object) {
    if (!this.known.has(name)) {
      if (findConstant(this.environment, object) === null) return false;
      this.known.set(name, o.keep(object));
    }
    return true;
  }

  object(name) { return this.known.get(name); }

  // All axioms that `name` reaches through bodies that are there.
  axioms(name, object) {
    const done = this.axiomsBelow.get(name);
    if (done) return done;
    const info = findConstant(this.environment, object);
    if (info === null) return new Set();
    const unit = inductiveUnit(info);
    if (unit !== null && o.nameText(unit) !== name) return this.axioms(o.nameText(unit), unit);
    const found = new Set(COMPILED.has(name) ? [name] : []);
    this.axiomsBelow.set(name, found); // an inductive type is reached again from its own constructors
    if (o.tag(info) === d.AXIOM && !this.isStripped(object)) found.add(name);
    for (const used of this.usedBy(info)) for (const axiom of this.axioms(o.nameText(used), used)) found.add(axiom);
    return found;
  }

  isStripped(object) {
    const kind = this.lean.l_Lean_getOriginalConstKind_x3f(o.keep(this.environment), o.keep(object)) >>> 0;
    if (o.isBoxed(kind)) return false;
    return [DEFINITION_KIND, THEOREM_KIND, OPAQUE_KIND].includes(o.tag(o.field(kind, 0)));
  }

  usedBy(info) {
    const value = o.field(info, 0), kind = o.tag(info);
    const expressions = kind === d.INDUCTIVE ? this.typesOfUnit(value) : [typeOf(value)];
    if (kind === d.DEFINITION || kind === d.THEOREM || kind === d.OPAQUE) expressions.push(o.field(value, 1));
    return expressions.flatMap((expression) =>
      o.arrayItems(this.lean.l_Lean_Expr_getUsedConstants(o.keep(expression)) >>> 0));
  }

  typesOfUnit(value) {
    const find = (name) => o.field(findConstant(this.environment, name), 0);
    return o.listItems(o.field(value, INDUCTIVE_ALL)).map(find).flatMap((type) =>
      [typeOf(type), ...o.listItems(o.field(type, INDUCTIVE_CONSTRUCTORS)).map((name) => typeOf(find(name)))]);
  }
}

const typeOf = (value) => o.field(o.field(value, 0), 2);

// The first of the inductive types that a type, constructor or recursor is declared with; null for all else.
function inductiveUnit(info) {
  const value = o.field(info, 0);
  switch (o.tag(info)) {
    case d.INDUCTIVE: return o.field(o.field(value, INDUCTIVE_ALL), 0);
    case d.CONSTRUCTOR: return o.field(value, 1);
    case d.RECURSOR: return o.field(o.field(value, 1), 0);
    default: return null;
  }
}

module.exports = { Library };
