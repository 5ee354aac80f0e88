/**
 * Loaded into a driver before its own code (moments.ts): the driver sends itself a signal at one exact moment of its
 * life, with its own process stopped or dead before the next system call.
 */
import { readFileSync } from 'node:fs';
import fs from 'node:fs/promises';
import http from 'node:http';
import { syncBuiltinESMExports } from 'node:module';
import process from 'node:process';

const { signal, when, entry, object, call, nth = 1 } = JSON.parse(process.env.LANDFALL_TEST_MOMENT ?? '{}');
const { link } = fs;
const { request } = http;
let seen = 0;

function isIt(matches) {
  if (matches) seen += 1;
  return matches && seen === nth;
}

/** An object of the lake comes to be by link(2), whole, with its content in the temporary file. */
function isObject(temporary, path) {
  if (object !== undefined) return path.endsWith(`/${object}`);
  if (entry === undefined || !/\/journal\/\d+\.json$/.test(path)) return false;
  return entry === 'any' || JSON.parse(readFileSync(temporary, 'utf8')).entry === entry;
}

fs.link = async (temporary, path) => {
  const now = isIt(isObject(temporary, path));
  if (now && when === 'before') process.kill(process.pid, signal);
  await link(temporary, path);
  if (now && when === 'after') process.kill(process.pid, signal);
};

http.request = (options, ...more) => {
  const target = options?.headers?.['x-amz-target'];
  if (isIt(call !== undefined && target === `ElasticMapReduce.${call}`)) process.kill(process.pid, signal);
  return request(options, ...more);
};

syncBuiltinESMExports();
