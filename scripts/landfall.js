#!/usr/bin/env node
/** Starts dist/cli.js, or says how to build it: `npm ci --ignore-scripts` does not. Every Node since 14 can read this. */
import { existsSync, writeSync } from 'fs';
import process from 'process';
import { fileURLToPath, URL } from 'url';

const cli = new URL('../dist/cli.js', import.meta.url);

if (existsSync(cli)) {
  void import(cli.href);
} else {
  const folder = fileURLToPath(new URL('..', import.meta.url));
  const installed = existsSync(new URL('../node_modules', import.meta.url));
  const next = installed ? 'npm run build' : 'npm ci';
  writeSync(2, `error  Landfall is not built yet; run \`${next}\` in ${folder}\n`);
  process.exitCode = 2;
}
