// Declarations as plain data: how what one process elaborated is carried to another, whose kernel checks it.
//
// A bundle holds tables in which each row refers to earlier rows by number, and `constants` in the order in which they
// can be added. Binder names and annotations are left out: the kernel does not look at them. Rows are unique, so equal
// expressions have equal numbers: that is how types are compared.

'use strict';

const o = require('./objects.js');
const { findConstant } = require('./frontend.js');

const AXIOM = 0, DEFINITION = 1, THEOREM = 2, OPAQUE = 3, QUOTIENT = 4, INDUCTIVE = 5, CONSTRUCTOR = 6, RECURSOR = 7;
const SAFE = 1;
const BVAR = 0, SORT = 3, CONST = 4, APP = 5, LAMBDA = 6, FORALL = 7, LET = 8, LITERAL = 9, METADATA = 10, PROJECTION = 11;

class Refused extends Error {}

// Rows of one kind, each once.
class Table {
  constructor() { this.rows = []; this.numbers = new Map(); }
  add(row) {
    const key = row.join(' '); // only the last entry of a row can be a text
    let number = this.numbers.get(key);
    if (number === undefined) {
      number = this.rows.length;
      this.rows.push(row);
      this.numbers.set(key, number);
    }
    return number;
  }
}

// Writes constants of an environment, and all they need that `isKnown(name)` does not say the reader has.
class Writer {
  constructor(environment, isKnown) {
    this.environment = environment;
    this.isKnown = isKnown;
    this.names = new Table(); this.levels = new Table(); this.expressions = new Table();
    this.constants = [];
    this.written = new Map(); // text of a constant's name -> is done
    this.seenNames = new Map(); this.seenLevels = new Map(); this.seenExpressions = new Map(); // by address
    this.kept = []; // objects that must live while their addresses are keys
  }

  bundle() {
    return { names: this.names.rows, levels: this.levels.rows, expressions: this.expressions.rows, constants: this.constants };
  }

  name(object) {
    if (o.isBoxed(object)) return -1;
    let number = this.seenNames.get(object);
    if (number === undefined) {
      const prefix = this.name(o.field(object, 0)), part = o.field(object, 1);
      number = this.names.add(o.tag(object) === 1 ? [prefix, 0, o.textOf(part)] : [prefix, 1, o.digits(part)]);
      this.seenNames.set(object, number);
    }
    return number;
  }

  level(object) {
    if (o.isBoxed(object)) return this.levels.add([0]);
    let number = this.seenLevels.get(object);
    if (number !== undefined) return number;
    const kind = o.tag(object), first = o.field(object, 0);
    if (kind === 1) number = this.levels.add([1, this.level(first)]);
    else if (kind === 2 || kind === 3) number = this.levels.add([kind, this.level(first), this.level(o.field(object, 1))]);
    else if (kind === 4) number = this.levels.add([4, this.name(first)]);
    else throw new Refused('a universe level was left open');
    this.seenLevels.set(object, number);
    return number;
  }

  expression(object) {
    let number = this.seenExpressions.get(object);
    if (number === undefined) {
      number = o.tag(object) === METADATA ? this.expression(o.field(object, 1)) : this.expressions.add(this.row(object));
      this.seenExpressions.set(object, number);
    }
    return number;
  }

  row(object) {
    const kind = o.tag(object), of = (index) => this.expression(o.field(object, index));
    switch (kind) {
      case BVAR: return [BVAR, Number(o.digits(o.field(object, 0)))];
      case SORT: return [SORT, this.level(o.field(object, 0))];
      case CONST: return this.constantRow(object);
      case APP: return [APP, of(0), of(1)];
      case LAMBDA: case FORALL: return [kind, of(1), of(2)];
      case LET: return [LET, of(1), of(2), of(3)];
      case LITERAL: return this.literalRow(o.field(object, 0));
      case PROJECTION: return [PROJECTION, this.neededName(o.field(object, 0)), Number(o.digits(o.field(object, 1))), of(2)];
      default: throw new Refused('the proof has an open goal or a free variable in it');
    }
  }

  constantRow(object) {
    const levels = o.listItems(o.field(object, 1)).map((level) => this.level(level));
    return [CONST, this.neededName(o.field(object, 0)), ...levels];
  }

  literalRow(literal) {
    const value = o.field(literal, 0);
    return o.tag(literal) === 0 ? [LITERAL, 0, o.digits(value)] : [LITERAL, 1, o.textOf(value)];
  }

  // The number of a name that a constant has; the constant is written first if the reader lacks it.
  neededName(object) {
    const number = this.name(object);
    this.constant(object);
    return number;
  }

  constant(object) {
    const text = o.nameText(object);
    if (this.written.has(text) || this.isKnown(text, object)) return;
    this.written.set(text, true);
    const info = findConstant(this.environment, object);
    if (info === null) throw new Refused(`unknown constant ${text}`);
    this.kept.push(info);
    const kind = o.tag(info), value = o.field(info, 0);
    if (kind === INDUCTIVE) this.inductive(value);
    else if (kind === CONSTRUCTOR) this.constant(o.field(value, 1));
    else if (kind === RECURSOR) o.listItems(o.field(value, 1)).forEach((type) => this.constant(type));
    else this.constants.push(this.plainConstant(kind, value));
  }

  plainConstant(kind, value) {
    const common = o.field(value, 0), row = { kind, ...this.common(common) };
    if (kind === AXIOM) return row;
    if (kind === QUOTIENT) throw new Refused('a quotient type of its own');
    row.value = this.expression(o.field(value, 1));
    if (kind === DEFINITION) {
      row.hints = this.hints(o.field(value, 2));
      if (o.scalarByte(value, 4, 0) !== SAFE) throw new Refused(`${o.nameText(o.field(common, 0))} is unsafe or partial`);
    }
    return row;
  }

  common(constant) {
    return {
      name: this.name(o.field(constant, 0)),
      parameters: o.listItems(o.field(constant, 1)).map((parameter) => this.name(parameter)),
      type: this.expression(o.field(constant, 2)),
    };
  }

  // A constant without its value, and what its type needs: the bundle's last constant, under the kind of an axiom.
  signature(object) {
    const row = { kind: AXIOM, ...this.common(o.field(o.field(this.find(object), 0), 0)) };
    this.constants.push(row);
  }

  // How eagerly the kernel unfolds a definition: -1 never, -2 always, else its height.
  hints(object) {
    return o.isBoxed(object) ? -1 - o.unbox(object) : o.word(object + 8);
  }

  inductive(value) {
    const types = o.listItems(o.field(value, 3)).map((name) => this.inductiveType(name));
    const parameters = o.listItems(o.field(o.field(value, 0), 1)).map((parameter) => this.name(parameter));
    this.constants.push({ kind: INDUCTIVE, parameters, count: Number(o.digits(o.field(value, 1))), types });
  }

  inductiveType(name) {
    this.written.set(o.nameText(name), true);
    const value = o.field(this.find(name), 0), { type } = this.common(o.field(value, 0));
    const constructors = o.listItems(o.field(value, 4)).map((constructor) => {
      this.written.set(o.nameText(constructor), true);
      return [this.name(constructor), this.common(o.field(o.field(this.find(constructor), 0), 0)).type];
    });
    return { name: this.name(name), type, constructors };
  }

  find(name) {
    const info = findConstant(this.environment, name);
    if (info === null) throw new Refused(`unknown constant ${o.nameText(name)}`);
    this.kept.push(info);
    return info;
  }

  release() { this.kept.forEach(o.drop); }
}

module.exports = {
  Writer, Table, Refused,
  AXIOM, DEFINITION, THEOREM, OPAQUE, INDUCTIVE, CONSTRUCTOR, RECURSOR,
  BVAR, SORT, CONST, APP, LAMBDA, FORALL, LET, LITERAL, PROJECTION,
};
