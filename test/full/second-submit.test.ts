/** A second `submit --full` into the same lake: its tables take the place of the first ones. */
import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, it } from '@jest/globals';
import type { RunSummary } from '../../src/report/summary.ts';
import { landfall, temporaryFolder } from '../support/landfall.ts';
import { equalTables, judge } from '../support/oracle.ts';

const { folder: cwd, remove } = temporaryFolder();
const lake = join(cwd, 'lake');
afterAll(remove);

async function submitted(...more: string[]): Promise<RunSummary> {
  const args = ['submit', '--cluster', 'local', '--output', 'json', ...more];
  const { code, stdout, stderr } = await landfall(args, { cwd });
  expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' });
  return JSON.parse(stdout) as RunSummary;
}

it('leaves the same tables at the plain paths, and no file of the first run there', async () => {
  mkdirSync(cwd, { recursive: true });
  const [first, second] = [await submitted(), await submitted('--full')];
  expect([first.publication, second.publication]).toEqual([1, 2]);
  const published = readdirSync(lake, { recursive: true, withFileTypes: true }).filter(
    (entry) => entry.isFile() && !/^(_landfall|delta)(\/|$)/.test(entry.parentPath.slice(lake.length + 1)),
  );
  expect(published.filter(({ name }) => name.includes(first.run))).toEqual([]);
  expect(published).toHaveLength(second.tables.reduce((sum, { files }) => sum + files, 0));
  expect(judge(join(cwd, 'sample/song_data'), join(cwd, 'sample/log_data'), lake).differences).toEqual(
    equalTables,
  );
}, 600_000);
