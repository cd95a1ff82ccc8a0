// The verdict: declarations that another process made are added one by one, checked by Lean's kernel.
//
// This process has never elaborated the text of a proof. It elaborates the statement itself, and a proof counts only
// if the theorem that arrives has exactly this type, and rests on allowed axioms.

'use strict';

const o = require('./objects.js');
const d = require('./declarations.js');

const { Refused, Table } = d;

const KERNEL_ERRORS = [
  'a constant is unknown', 'a constant is declared twice', 'the proof does not have the type of the statement',
  'open goals', 'free variables', 'a function is expected', 'a type is expected', 'a let has the wrong type',
  'a type does not fit', 'an argument does not fit', 'a projection does not fit', 'a theorem that is no proposition',
  null, 'too much work', 'too much memory', 'too deep a recursion', 'interrupted'];
const OTHER_ERROR = 12;
const DEFAULT_BINDER = 0, SAFE = 1, NOT_UNSAFE = 0;
const LARGEST_VARIABLE = 1_000_000; // Lean panics above 2^20 - 2 and goes on with an expression that says it is closed
// Lengths of rows by kind.
const LEVEL_LENGTHS = new Map([[0, 1], [1, 2], [2, 3], [3, 3], [4, 2]]);
const EXPRESSION_LENGTHS = new Map([
  [d.BVAR, 2], [d.SORT, 2], [d.APP, 3], [d.LAMBDA, 3], [d.FORALL, 3], [d.LET, 4], [d.LITERAL, 3], [d.PROJECTION, 4]]);

// Reads bundles into one kernel environment. Rows of all bundles share tables, so equal expressions have equal numbers.
class Reader {
  // `library` (a Library) answers for the constants that are in `environment` already.
  constructor(lean, environment, library) {
    this.lean = lean;
    this.library = library;
    this.kernel = lean.lean_elab_environment_to_kernel_env(o.keep(environment)) >>> 0;
    this.tables = { names: new Table(), levels: new Table(), expressions: new Table() };
    this.objects = { names: [], levels: [], expressions: [] }; // by number; kept until `release`
    this.needed = []; // by number of an expression: how many binders around it it needs
    this.constants = new Map(); // name -> its row, as text, in numbers of the shared tables
    this.used = new Set(); // names of the library
  }

  // Make all rows of a bundle and return its constants with our numbers. Nothing is added yet.
  translate(bundle) {
    requireShape(bundle);
    const names = [], levels = [], expressions = []; // the bundle's number -> ours
    const at = (known, number) => {
      if (!isSmall(number) || number >= known.length) throw new Refused('a row refers to none before it');
      return known[number];
    };
    const nameAt = (number) => (number === -1 ? -1 : at(names, number));
    const levelAt = (number) => at(levels, number), expressionAt = (number) => at(expressions, number);
    for (const [prefix, kind, part] of bundle.names) names.push(this.name([nameAt(prefix), kind, part]));
    for (const [kind, ...rest] of bundle.levels) {
      levels.push(this.level(kind === 4 ? [kind, nameAt(rest[0])] : [kind, ...rest.map(levelAt)]));
    }
    for (const row of bundle.expressions) expressions.push(this.expression(translated(row, nameAt, levelAt, expressionAt)));
    return bundle.constants.map((row) => renumbered(row, nameAt, expressionAt));
  }

  make(kind, row, build) {
    const number = this.tables[kind].add(row);
    if (number === this.objects[kind].length) this.objects[kind].push(build() >>> 0);
    return number;
  }
  nameObject(number) { return number === -1 ? o.box(0) : o.keep(this.objects.names[number]); }
  levelObject(number) { return o.keep(this.objects.levels[number]); }
  object(number) { return o.keep(this.objects.expressions[number]); }

  name([prefix, kind, part]) {
    return this.make('names', [prefix, kind, part], () => (kind === 0
      ? this.lean.lean_name_mk_string(this.nameObject(prefix), o.string(part))
      : this.lean.lean_name_mk_numeral(this.nameObject(prefix), o.natural(onlyDigits(part)))));
  }
  nameText(number) { return number === -1 ? '' : o.nameText(this.objects.names[number]); }

  level(row) {
    const [kind, first, second] = row, of = (number) => this.levelObject(number);
    return this.make('levels', row, () => {
      switch (kind) {
        case 0: return o.box(0);
        case 1: return this.lean.lean_level_mk_succ(of(first));
        case 2: return this.lean.lean_level_mk_max(of(first), of(second));
        case 3: return this.lean.lean_level_mk_imax(of(first), of(second));
        case 4: return this.lean.lean_level_mk_param(this.nameObject(first));
        default: throw new Refused('an unknown kind of universe level');
      }
    });
  }

  expression(row) {
    const number = this.make('expressions', row, () => this.build(row));
    if (number === this.needed.length) this.needed.push(this.bindersNeeded(row));
    return number;
  }

  build([kind, first, second, third, ...more]) {
    const { lean } = this, of = (number) => this.object(number);
    switch (kind) {
      case d.BVAR:
        if (smallNumber(first) > LARGEST_VARIABLE) throw new Refused('a number is out of range');
        return lean.lean_expr_mk_bvar(o.box(first));
      case d.SORT: return lean.lean_expr_mk_sort(this.levelObject(first));
      case d.CONST: {
        this.use(first);
        const levels = [second, third, ...more].filter((level) => level !== undefined);
        return lean.lean_expr_mk_const(this.nameObject(first), o.list(levels.map((level) => this.levelObject(level))));
      }
      case d.APP: return lean.lean_expr_mk_app(of(first), of(second));
      case d.LAMBDA: return lean.lean_expr_mk_lambda(o.dotted('x'), of(first), of(second), DEFAULT_BINDER);
      case d.FORALL: return lean.lean_expr_mk_forall(o.dotted('x'), of(first), of(second), DEFAULT_BINDER);
      case d.LET: return lean.lean_expr_mk_let(o.dotted('x'), of(first), of(second), of(third), 0);
      case d.LITERAL: return lean.lean_expr_mk_lit(first === 0
        ? o.construct(0, [o.natural(onlyDigits(second))]) : o.construct(1, [o.string(second)]));
      case d.PROJECTION:
        this.use(first);
        return lean.lean_expr_mk_proj(this.nameObject(first), o.box(smallNumber(second)), of(third));
      default: throw new Refused('an unknown kind of expression');
    }
  }

  bindersNeeded([kind, first, second, third]) {
    const of = (number) => this.needed[number], under = (number) => Math.max(0, this.needed[number] - 1);
    switch (kind) {
      case d.BVAR: return first + 1;
      case d.APP: return Math.max(of(first), of(second));
      case d.LAMBDA: case d.FORALL: return Math.max(of(first), under(second));
      case d.LET: return Math.max(of(first), of(second), under(third));
      case d.PROJECTION: return of(third);
      default: return 0;
    }
  }

  // Note a constant of the library. One that is in none of the bundles so far is refused by the kernel.
  use(number) {
    if (number === -1) throw new Refused('a constant without a name');
    const name = this.nameText(number);
    if (!this.constants.has(name) && this.library.has(name, this.objects.names[number])) this.used.add(name);
  }

  // Add a constant. One that was added before must be the same.
  constant(row) {
    const names = row.kind === d.INDUCTIVE ? row.types.map((type) => type.name) : [row.name];
    const text = JSON.stringify(row), known = names.map((name) => this.constants.get(this.nameText(name)));
    if (known.some((other) => other !== undefined)) {
      if (known.every((other) => other === text)) return;
      throw new Refused(`${this.nameText(names[0])} is declared twice`);
    }
    requireDistinct(row);
    this.requireClosed(row);
    this.add(this.declaration(row), this.nameText(names[0]));
    for (const name of names) this.constants.set(this.nameText(name), text);
  }

  requireClosed(row) {
    const parts = row.kind === d.INDUCTIVE
      ? row.types.flatMap((type) => [type.type, ...type.constructors.map(([, of]) => of)]) : [row.type, row.value];
    if (parts.some((part) => this.needed[part] > 0)) throw new Refused('a variable without its binder');
  }

  declaration(row) {
    const { lean } = this, parameters = () => o.list(row.parameters.map((name) => this.nameObject(name)));
    const all = () => o.list([this.nameObject(row.name)]);
    switch (row.kind) {
      case d.DEFINITION: return o.construct(1, [lean.lean_mk_definition_val(
        this.nameObject(row.name), parameters(), this.object(row.type), this.object(row.value), this.hints(row.hints),
        SAFE, all()) >>> 0]);
      case d.THEOREM: return o.construct(2, [lean.lean_mk_theorem_val(
        this.nameObject(row.name), parameters(), this.object(row.type), this.object(row.value), all()) >>> 0]);
      case d.OPAQUE: return o.construct(3, [lean.lean_mk_opaque_val(
        this.nameObject(row.name), parameters(), this.object(row.type), this.object(row.value), NOT_UNSAFE, all()) >>> 0]);
      case d.INDUCTIVE: return lean.lean_mk_inductive_decl(
        parameters(), o.box(smallNumber(row.count)), o.list(row.types.map((type) => this.inductiveType(type))), NOT_UNSAFE) >>> 0;
      default: throw new Refused(`${this.nameText(row.name)} is an axiom`);
    }
  }

  inductiveType(type) {
    const constructors = type.constructors.map(([name, of]) => o.construct(0, [this.nameObject(name), this.object(of)]));
    return o.construct(0, [this.nameObject(type.name), this.object(type.type), o.list(constructors)]);
  }

  hints(number) {
    return number < 0 ? o.box(-1 - number) : this.lean.lean_mk_reducibility_hints_regular(number) >>> 0;
  }

  add(declaration, name) {
    const kernel = this.kernel;
    this.kernel = o.box(0); // the call takes it over, also when it refuses
    const result = this.lean.lean_add_decl(kernel, 0, declaration, o.box(0)) >>> 0;
    if (o.tag(result) !== 1) throw new Refused(`the kernel rejects ${name}: ${kernelError(o.field(result, 0))}`);
    this.kernel = o.keep(o.field(result, 0));
    o.drop(result);
    o.drop(declaration);
  }

  // Parameters and type, as numbers, of the theorem that was added under the name of `goal`.
  theorem(goal) {
    const text = goal?.name === undefined ? undefined : this.constants.get(this.nameText(goal.name));
    const row = text === undefined ? null : JSON.parse(text);
    if (row === null || row.kind !== d.THEOREM) throw new Refused('the proof does not make a theorem');
    return signature(row);
  }

  axioms() {
    const found = new Set();
    for (const name of this.used) for (const axiom of this.library.axioms(name, this.library.object(name))) found.add(axiom);
    return [...found].sort();
  }

  release() {
    for (const objects of Object.values(this.objects)) objects.forEach(o.drop);
    o.drop(this.kernel);
  }
}

// A bundle is what a process says that may be under the control of a proof: nothing in it is taken for granted.
function requireShape(bundle) {
  const isRow = ([kind, ...rest], lengths) => rest.length + 1 === lengths.get(kind) && rest.every(isReference);
  const areRows = (rows, isGood) => Array.isArray(rows) && rows.every((row) => Array.isArray(row) && isGood(row));
  const isGood = bundle !== null && typeof bundle === 'object'
    && areRows(bundle.names, ([prefix, kind, part, ...more]) =>
      isReference(prefix) && (kind === 0 || kind === 1) && typeof part === 'string' && part.isWellFormed() && !more.length)
    && areRows(bundle.levels, (row) => isRow(row, LEVEL_LENGTHS))
    && areRows(bundle.expressions, (row) => (row[0] === d.CONST ? row.length > 1 && row.every(isReference)
      : row[0] === d.LITERAL ? row.length === 3 && (row[1] === 0 || row[1] === 1) && typeof row[2] === 'string'
        : isRow(row, EXPRESSION_LENGTHS)))
    && Array.isArray(bundle.constants) && bundle.constants.every(isConstant);
  if (!isGood) throw new Refused('what the elaborating process says is not well formed');
}

function isConstant(row) {
  if (row === null || typeof row !== 'object' || !Array.isArray(row.parameters)) return false;
  if (row.kind !== d.INDUCTIVE) return isSmall(row.name);
  return Array.isArray(row.types) && row.types.length > 0 && row.types.every((type) =>
    type !== null && typeof type === 'object' && isSmall(type.name) && Array.isArray(type.constructors)
    && type.constructors.every((constructor) => Array.isArray(constructor) && isSmall(constructor[0])));
}

const isReference = (number) => number === -1 || isSmall(number);

// Names of one declaration, and its universe parameters, must differ among themselves.
function requireDistinct({ kind, parameters, types }) {
  const names = kind === d.INDUCTIVE
    ? types.flatMap((type) => [type.name, ...type.constructors.map(([name]) => name)]) : [];
  for (const numbers of [parameters, names]) {
    if (new Set(numbers).size !== numbers.length) throw new Refused('a name is declared twice');
  }
}

function translated([kind, ...rest], nameAt, levelAt, expressionAt) {
  switch (kind) {
    case d.SORT: return [kind, levelAt(rest[0])];
    case d.CONST: return [kind, nameAt(rest[0]), ...rest.slice(1).map(levelAt)];
    case d.APP: case d.LAMBDA: case d.FORALL: case d.LET: return [kind, ...rest.map(expressionAt)];
    case d.PROJECTION: return [kind, nameAt(rest[0]), rest[1], expressionAt(rest[2])];
    default: return [kind, ...rest];
  }
}

function renumbered(row, nameAt, expressionAt) {
  const parameters = row.parameters.map(nameAt);
  if (row.kind === d.INDUCTIVE) {
    const types = row.types.map((type) => ({
      name: nameAt(type.name), type: expressionAt(type.type),
      constructors: type.constructors.map(([name, of]) => [nameAt(name), expressionAt(of)]),
    }));
    return { kind: row.kind, parameters, count: row.count, types };
  }
  const value = row.value === undefined ? {} : { value: expressionAt(row.value) };
  const hints = row.kind === d.DEFINITION ? { hints: smallHint(row.hints) } : {};
  return { kind: row.kind, name: nameAt(row.name), parameters, type: expressionAt(row.type), ...value, ...hints };
}

const isSmall = (number) => Number.isInteger(number) && number >= 0 && number < 2 ** 30;
function smallNumber(number) {
  if (!isSmall(number)) throw new Refused('a number is out of range');
  return number;
}
const smallHint = (number) => (number === -1 || number === -2 ? number : smallNumber(number));
function onlyDigits(text) {
  if (!/^(0|[1-9][0-9]*)$/.test(text)) throw new Refused('a numeral is none');
  return text;
}

function kernelError(error) {
  const kind = o.tag(error);
  return kind === OTHER_ERROR ? o.textOf(o.field(error, 0)) : KERNEL_ERRORS[kind] ?? 'an error';
}

const signature = ({ parameters, type }) => `${parameters.join(' ')} : ${type}`;

module.exports = { Reader, signature };
