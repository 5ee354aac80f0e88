/**
 * Checks the sizes that a Parquet footer claims against the bytes it has, before a reader allocates memory for them. A
 * footer is a struct in Thrift's compact protocol, where a size precedes each list. Pure.
 */
import { present } from '../present.ts';

const BOOLEANS: readonly number[] = [1, 2];
const BYTE = 3;
const INTEGERS: readonly number[] = [4, 5, 6];
const DOUBLE = 7;
const BINARY = 8;
const LIST = 9;
const STRUCT = 12;

/** Structs and lists within one another; Parquet's own are less than ten deep. */
const DEEPEST = 50;

interface Cursor {
  bytes: Uint8Array;
  at: number;
}

/** Throws an error that says why when the footer's lists and texts cannot be as long as it claims, or lie too deep. */
export function refuseFalseClaims(footer: Uint8Array): void {
  skipStruct({ bytes: footer, at: 0 }, 0);
}

function skipStruct(cursor: Cursor, depth: number): void {
  for (;;) {
    const head = readByte(cursor);
    const type = head & 15;
    if (type === 0) return;
    if (head >> 4 === 0) readVarint(cursor);
    if (!BOOLEANS.includes(type)) skipValue(cursor, type, depth + 1);
  }
}

function skipValue(cursor: Cursor, type: number, depth: number): void {
  if (depth > DEEPEST) throw new Error(`it is more than ${String(DEEPEST)} levels deep`);
  if (type === BYTE || BOOLEANS.includes(type)) skip(cursor, 1);
  else if (INTEGERS.includes(type)) readVarint(cursor);
  else if (type === DOUBLE) skip(cursor, 8);
  else if (type === BINARY) skip(cursor, readVarint(cursor));
  else if (type === LIST) skipList(cursor, depth);
  else if (type === STRUCT) skipStruct(cursor, depth);
  else throw new Error(`type ${String(type)} is not one of Parquet's`);
}

function skipList(cursor: Cursor, depth: number): void {
  const head = readByte(cursor);
  const size = head >> 4 === 15 ? readVarint(cursor) : head >> 4;
  const left = cursor.bytes.length - cursor.at;
  // Each element has a byte or more.
  if (size > left)
    throw new Error(`a list claims ${String(size)} elements, and ${String(left)} bytes are left`);
  for (let element = 0; element < size; element += 1) skipValue(cursor, head & 15, depth + 1);
}

function skip(cursor: Cursor, count: number): void {
  cursor.at += count;
  if (cursor.at > cursor.bytes.length) throw new Error('it is truncated');
}

function readByte(cursor: Cursor): number {
  skip(cursor, 1);
  return present(cursor.bytes[cursor.at - 1], 'byte');
}

function readVarint(cursor: Cursor): number {
  let value = 0;
  for (let factor = 1; ; factor *= 128) {
    const byte = readByte(cursor);
    value += (byte & 127) * factor;
    if (byte < 128) return value;
  }
}
