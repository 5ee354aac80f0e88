/** Verbs about a lake with one damaged object: the rest still works, and nothing outside the lake is touched. */
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { run as gc } from '../../src/commands/gc.ts';
import { run as rollback } from '../../src/commands/rollback.ts';
import { run as verify } from '../../src/commands/verify.ts';
import { keys } from '../../src/lake/layout.ts';
import { executionOf, landedRun, plainSongs, tableOf } from '../lake/accepted-run.ts';
import { advising } from '../support/advice.ts';
import { commandWorld } from '../support/command-world.ts';
import { cwd, files, store } from './own-lake.ts';

type Verb = (flags: Record<string, unknown>, world: ReturnType<typeof commandWorld>) => Promise<void>;

async function done(verb: Verb, flags: Record<string, unknown> = {}): Promise<Record<string, unknown>> {
  const world = commandWorld(cwd);
  await verb({ lake: cwd, ...flags }, world);
  return world.results[0]!.value as Record<string, unknown>;
}

interface Collected {
  runs: { run: string }[];
  kept: { run: string; why: string }[];
  executions: unknown[];
  strange: string[];
}
const collected = async () => (await done(gc, { keep: 1, yes: true })) as unknown as Collected;
const gone = ({ runs }: Collected) => runs.map(({ run }) => run);
const why = ({ kept }: Collected, run: string) => kept.find((one) => one.run === run)?.why;

/** A folder next to the lake, with a file that nothing may touch. */
function outside(): string {
  const folder = `${cwd}-outside`;
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'theirs.parquet'), 'theirs');
  return folder;
}

beforeEach(async () => {
  for (const n of [1, 2, 3])
    await landedRun(store, files, { run: `r${String(n)}`, publication: n, years: [2000 + n] });
});

describe('a damaged run', () => {
  it.each<[string, (key: (number: number) => string) => Promise<unknown>]>([
    ['an entry cut short', (key) => store.put(key(3), Buffer.from('{"version":2,'))],
    ['an entry missing', (key) => store.remove([key(3)])],
    ['a number far ahead', (key) => store.put(key(999_999_999), Buffer.from('{}'))],
    [
      'an entry that is a link',
      async (key) => {
        await store.remove([key(3)]);
        symlinkSync('/etc/passwd', join(cwd, key(3)));
      },
    ],
  ])('is kept by gc, which names the damage and continues with the other runs: %s', async (_, damage) => {
    await damage((number) => keys.entry('r1', number));
    const report = await collected();
    expect(gone(report)).toEqual(['r2']);
    expect(why(report, 'r1')).toMatch(/its journal cannot be read: .*r1\/journal\/\d+\.json/);
    expect(await done(verify)).toMatchObject({ run: 'r3', publication: 3 });
    expect(
      await done(rollback, { 'dry-run': true, number: '2' }).catch((error: unknown) => String(error)),
    ).toMatch(/gone|not as they were/);
  });

  it('makes a verb about it exit 2, with the place and the next move', async () => {
    await store.put(keys.entry('r1', 2), Buffer.from('[]'));
    await expect(done(verify, { run: 'r1' })).rejects.toMatchObject({
      fault: 'input',
      message: expect.stringContaining(keys.entry('r1', 2)),
      next: advising(/restore/),
    });
  });
});

describe('a damaged publication log', () => {
  it.each<[string, () => Promise<unknown>]>([
    ['its newest entry is damaged', () => store.put(keys.publication(3), Buffer.from('{'))],
    ['an entry is missing', () => store.remove([keys.publication(2)])],
    ['a number is far ahead', () => store.put(keys.publication(999_999_999_999), Buffer.from('{}'))],
  ])('makes gc remove nothing: %s', async (_, damage) => {
    await damage();
    const report = await collected();
    expect([...gone(report), ...report.executions]).toEqual([]);
    expect(why(report, 'r1')).toContain('what is published is unknown');
    await expect(done(verify)).rejects.toMatchObject({ fault: 'input' });
    await expect(done(rollback)).rejects.toMatchObject({ fault: 'input' });
  });

  it('with files of strangers still works, and gc lists them', async () => {
    await store.put(`${keys.publications}notes.txt`, Buffer.from('x'));
    expect(await done(verify)).toMatchObject({ publication: 3 });
    expect((await collected()).strange).toEqual([`${keys.publications}notes.txt`]);
  });

  it('that names a journal entry as a plain path does not make any verb delete it', async () => {
    const path = join(cwd, keys.publication(2));
    const entry = readFileSync(path, 'utf8').replace(
      /"mirror": "[^"]+"/,
      `"mirror": "${keys.entry('r3', 1)}"`,
    );
    writeFileSync(path, entry);
    await expect(done(rollback, { number: '2' })).rejects.toMatchObject({
      fault: 'input',
      message: expect.stringContaining('000002.json is damaged'),
    });
    await done(rollback, { number: '1' });
    expect(await store.head(keys.entry('r3', 1))).toBeDefined();
  });
});

describe('a link out of the lake', () => {
  it('in place of a table stops a rollback, which changes nothing there', async () => {
    const folder = outside();
    renameSync(join(cwd, 'songs'), `${cwd}-songs`);
    symlinkSync(folder, join(cwd, 'songs'));
    await expect(done(rollback)).rejects.toMatchObject({ fault: 'input' });
    expect(readdirSync(folder)).toEqual(['theirs.parquet']);
  });

  it('in place of a run’s folder, or of a folder below it, is not followed by gc', async () => {
    const folder = outside();
    const real = join(cwd, executionOf('r1'));
    renameSync(real, join(folder, 'execution'));
    symlinkSync(join(folder, 'execution'), real);
    symlinkSync(folder, join(cwd, '_landfall/runs/linked'));
    const before = readdirSync(folder, { recursive: true }).sort();
    const report = await collected();
    expect(gone(report)).toEqual(expect.arrayContaining(['r2']));
    expect(why(report, 'linked')).toContain('is a link');
    expect(readdirSync(folder, { recursive: true }).sort()).toEqual(before);
    expect(existsSync(join(folder, 'theirs.parquet'))).toBe(true);
    expect(await plainSongs(store)).toEqual(['2003 r3-3']);
  });

  it.each([tableOf('r1', 'songs').slice(0, -1), 'delta/songs', 'delta/others', 'delta'])(
    'in place of the folder %s makes gc delete nothing there',
    async (name) => {
      const folder = outside();
      const [real, moved] = [join(cwd, name), join(folder, 'moved')];
      if (existsSync(real)) renameSync(real, moved);
      else mkdirSync(moved);
      symlinkSync(moved, real);
      const before = readdirSync(folder, { recursive: true }).sort();
      const report = await collected();
      expect(gone(report)).toEqual(name === 'delta' ? [] : expect.arrayContaining(['r2']));
      if (name === 'delta') expect(why(report, 'r2')).toContain('its data files cannot be listed');
      else expect(report.strange).toContain(name);
      expect(readdirSync(folder, { recursive: true }).sort()).toEqual(before);
    },
  );
});
