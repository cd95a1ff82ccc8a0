// Lean objects in the memory of lean.wasm: how the compiled Lean functions are called from JavaScript.
//
// Layout for Lean 4.28 on wasm32. Every object begins with 8 bytes: reference count (i32), size (u16), number of
// object fields (u8), tag (u8); its fields follow. Small numbers and constructors without fields are "boxed": 2n + 1.
// A function takes over one reference to each argument unless it borrows it; `keep` adds the reference that a call
// takes over, `drop` gives one back. Where the borrowing of an argument is not known it is kept: that leaks a little.

'use strict';

const HEADER = 8, STRING_SIZE = 8, STRING_BYTES = 20, ARRAY_SIZE = 8, ARRAY_CAPACITY = 12, ARRAY_ITEMS = 16;
const ARRAY_TAG = 246;

let lean; // the exports of lean.wasm
let memoryOf; // returns the current memory as bytes
let bytes, words;
const encoder = new TextEncoder(), decoder = new TextDecoder();

function attach(exports, memory) {
  lean = exports;
  memoryOf = memory;
  refresh();
}

function refresh() {
  bytes = memoryOf();
  words = new Uint32Array(bytes.buffer);
}

// The memory is shared and only grows, so an old view stays right as far as it reaches.
function word(address) {
  if (address >>> 2 >= words.length) refresh();
  return words[address >>> 2];
}
function setWord(address, value) {
  if (address >>> 2 >= words.length) refresh();
  words[address >>> 2] = value;
}
function byte(address) {
  if (address >= bytes.length) refresh();
  return bytes[address];
}
function span(address, length) {
  if (address + length > bytes.length) refresh();
  return bytes.slice(address, address + length); // a copy: TextDecoder refuses shared memory
}

const box = (number) => ((number << 1) | 1) >>> 0;
const unbox = (object) => object >>> 1;
const isBoxed = (object) => (object & 1) === 1;
const field = (object, index) => word(object + HEADER + 4 * index);
const tag = (object) => (isBoxed(object) ? unbox(object) : byte(object + 7));
const fieldCount = (object) => byte(object + 6);
const scalarByte = (object, fields, offset) => byte(object + HEADER + 4 * fields + offset);

function keep(object) {
  if (isBoxed(object)) return object;
  const place = object >>> 2, count = word(object) | 0;
  if (count > 0) words[place] = count + 1;
  else if (count < 0) Atomics.sub(words, place, 1); // shared between threads: counted downwards
  return object;
}

function drop(object) {
  if (isBoxed(object)) return;
  const count = word(object) | 0;
  if (count > 1) words[object >>> 2] = count - 1;
  else if (count !== 0) lean.lean_dec_ref_cold(object);
}

function construct(tagNumber, fields, scalars = []) {
  const size = (HEADER + 4 * fields.length + scalars.length + 7) & ~7;
  const object = lean.mi_malloc_small(size) >>> 0;
  for (let offset = 0; offset < size; offset += 4) setWord(object + offset, 0);
  setWord(object, 1);
  setWord(object + 4, size | (fields.length << 16) | (tagNumber << 24));
  fields.forEach((value, index) => setWord(object + HEADER + 4 * index, value));
  scalars.forEach((value, index) => { bytes[object + HEADER + 4 * fields.length + index] = value; });
  return object;
}

// A copy of a constructor object with one field replaced. `scalarBytes` follow its fields.
function copyWith(object, index, value, scalarBytes = wordSize(object)) {
  const count = fieldCount(object), fields = [], scalars = [];
  for (let i = 0; i < count; i++) fields.push(i === index ? value : keep(field(object, i)));
  for (let i = 0; i < scalarBytes; i++) scalars.push(scalarByte(object, count, i));
  return construct(tag(object), fields, scalars);
}
const wordSize = (object) => (word(object + 4) & 0xffff) - HEADER - 4 * fieldCount(object);

function string(text) {
  const content = encoder.encode(text), address = lean.malloc(content.length + 1) >>> 0;
  refresh();
  bytes.set(content, address);
  bytes[address + content.length] = 0;
  const object = lean.lean_mk_string_unchecked(address, content.length, [...text].length) >>> 0;
  lean.free(address);
  return object;
}
const textOf = (object) => decoder.decode(span(object + STRING_BYTES, word(object + STRING_SIZE) - 1));

function array(items) {
  const capacity = Math.max(4, items.length);
  const object = lean.lean_alloc_object(ARRAY_ITEMS + 4 * capacity) >>> 0;
  setWord(object, 1);
  setWord(object + 4, ARRAY_TAG << 24);
  setWord(object + ARRAY_SIZE, items.length);
  setWord(object + ARRAY_CAPACITY, capacity);
  items.forEach((item, index) => setWord(object + ARRAY_ITEMS + 4 * index, item));
  return object;
}
const arrayItem = (object, index) => word(object + ARRAY_ITEMS + 4 * index);
const arraySize = (object) => word(object + ARRAY_SIZE);
function arrayItems(object) {
  const items = [];
  for (let index = 0; index < arraySize(object); index++) items.push(arrayItem(object, index));
  return items;
}

const list = (items) => items.reduceRight((rest, item) => construct(1, [item, rest]), box(0));
function listItems(object) {
  const items = [];
  for (; !isBoxed(object); object = field(object, 1)) items.push(field(object, 0));
  return items;
}

// Names are lists of parts here: strings and numbers.
const name = (parts) => parts.reduce(
  (prefix, part) => (typeof part === 'number'
    ? lean.lean_name_mk_numeral(prefix, natural(String(part)))
    : lean.lean_name_mk_string(prefix, string(part))) >>> 0,
  box(0));
const dotted = (text) => name(text.split('.'));
function nameParts(object) {
  const parts = [];
  for (; !isBoxed(object); object = field(object, 0)) {
    const part = field(object, 1);
    parts.unshift(tag(object) === 1 ? textOf(part) : Number(digits(part)));
  }
  return parts;
}
// A name as text, different for different names: «» marks parts that would not be read back as they are.
function nameText(object) {
  const parts = [];
  for (; !isBoxed(object); object = field(object, 0)) {
    const part = field(object, 1);
    parts.unshift(tag(object) === 1 ? quoted(textOf(part)) : digits(part));
  }
  return parts.join('.');
}
const quoted = (part) => (/^[^.«»\s\d][^.«»\s]*$/.test(part) ? part : `«${part.replaceAll('»', '»»')}»`);

// Natural numbers as decimal digits: they can be larger than JavaScript's.
function digits(object) {
  if (isBoxed(object)) return String(unbox(object));
  const text = lean.l_Nat_reprFast(keep(object)) >>> 0, result = textOf(text);
  drop(text);
  return result;
}
function natural(text) {
  const content = encoder.encode(text + '\0'), address = lean.malloc(content.length) >>> 0;
  refresh();
  bytes.set(content, address);
  const object = lean.lean_cstr_to_nat(address) >>> 0;
  lean.free(address);
  return object;
}

// The value of an IO action's result; an error of Lean's becomes an exception.
function io(result) {
  result >>>= 0;
  if (tag(result) === 0) return field(result, 0);
  throw new Error(textOf(lean.lean_io_error_to_string(field(result, 0)) >>> 0));
}

const size = () => memoryOf().length;
const constant = (symbol) => word(lean[symbol].value); // a module's constant is a pointer in memory

module.exports = {
  attach, word, box, unbox, isBoxed, field, tag, fieldCount, scalarByte, keep, drop, construct, copyWith, string, textOf,
  array, arrayItem, arraySize, arrayItems, list, listItems, name, dotted, nameParts, nameText, digits, natural, io,
  constant, size,
};
