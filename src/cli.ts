#!/usr/bin/env node
/**
 * The entry. Every Node since 14 can read this file, because it must tell an older Node, in one line, which version is
 * needed. Everything else is in main.ts, which only a new enough Node can read.
 */
import { writeSync } from 'fs';

const version = process.versions.node.split('.');
const major = Number(version[0]);
const minor = Number(version[1]);

// The same as `engines` in package.json.
if ((major === 20 && minor >= 19) || (major === 22 && minor >= 12) || major >= 23) {
  void import('./main.ts').then((main) => main.start());
} else {
  const found = 'this is ' + process.versions.node + ' (' + process.execPath + ')';
  writeSync(2, 'error  landfall needs Node.js 20.19, 22.12 or newer, and ' + found + '\n');
  process.exitCode = 2;
}
