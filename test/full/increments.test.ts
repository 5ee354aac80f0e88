/** `npm run bench -- --increments`: a lake is brought up to date, and ends with the rows of a full load. */
import '../support/one-realm.ts';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import type { Increment } from '../../scripts/bench/increments.ts';

const root = join(import.meta.dirname, '../..');

it('what is brought up to date parses only new objects, and makes only the tables that change', () => {
  const folder = mkdtempSync(join(tmpdir(), 'landfall-increments-'));
  const args = ['scripts/bench.ts', '--increments', '--data', 'sample', '--out', folder];
  const { status, stderr } = spawnSync(process.execPath, ['--import', 'tsx', ...args], {
    cwd: root,
    encoding: 'utf8',
  });
  expect({ status, stderr: status === 0 ? '' : stderr }).toEqual({ status: 0, stderr: '' });
  const { results } = JSON.parse(readFileSync(join(folder, 'increments.json'), 'utf8')) as {
    results: Increment[];
  };
  expect(results.map(({ what, parsed, made }) => ({ what, parsed, made: [...made].sort() }))).toEqual([
    {
      what: 'full load',
      parsed: 101,
      made: ['artists', 'song_keys', 'songplays', 'songs', 'time', 'users'],
    },
    { what: 'one more day', parsed: 1, made: ['songplays', 'time', 'users'] },
    { what: 'nothing new', parsed: 0, made: [] },
    { what: 'another query of users', parsed: 0, made: ['users'] },
  ]);
  rmSync(folder, { recursive: true });
}, 900_000);
