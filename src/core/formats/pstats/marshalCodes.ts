/**
 * Type codes of Python's marshal, versions 0–5 (CPython Python/marshal.c); the high bit of the byte says "the object
 * gets the next reference number".
 */
export const Code = {
  null: 0x30, // 0
  none: 0x4e, // N
  false: 0x46, // F
  true: 0x54, // T
  stop: 0x53, // S
  ellipsis: 0x2e, // .
  int: 0x69, // i
  int64: 0x49, // I  Python 2 on 64-bit machines
  float: 0x66, // f  text
  binaryFloat: 0x67, // g
  complex: 0x78, // x  text
  binaryComplex: 0x79, // y
  long: 0x6c, // l  15-bit digits
  bytes: 0x73, // s
  interned: 0x74, // t
  stringRef: 0x52, // R  Python 2: an earlier `t`
  ref: 0x72, // r  an earlier object with the high bit
  tuple: 0x28, // (
  smallTuple: 0x29, // )
  list: 0x5b, // [
  dict: 0x7b, // {
  code: 0x63, // c
  unicode: 0x75, // u
  set: 0x3c, // <
  frozenSet: 0x3e, // >
  ascii: 0x61, // a
  asciiInterned: 0x41, // A
  shortAscii: 0x7a, // z
  shortAsciiInterned: 0x5a, // Z
  slice: 0x3a, // :  version 5
} as const;

/**
 * Parts of a code object by Python's version: so many plain 32-bit numbers, eight objects (`file` is the place of the file's name,
 * right before the function's; `kinds`: the fifth is bytes), the first line, and so many further objects (Python/marshal.c).
 */
export const CODE_LAYOUTS = [
  { numbers: 5, kinds: true, file: 5, after: 2 }, // 3.11 on
  { numbers: 6, kinds: false, file: 6, after: 1 }, // 3.8 to 3.10
  { numbers: 5, kinds: false, file: 6, after: 1 }, // 3.0 to 3.7
  { numbers: 4, kinds: false, file: 6, after: 1 }, // 2
] as const;
export type CodeLayout = (typeof CODE_LAYOUTS)[number];
export const CODE_OBJECTS = 8;
