/** A local run without inputs: the sample that its pipeline describes, or a message that names the missing inputs. */
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { run as plan } from '../../src/commands/plan.ts';
import { tiny } from '../pipeline/tiny.ts';
import { commandWorld, outcomeOf } from '../support/command-world.ts';
import { temporaryFolder } from '../support/landfall.ts';

const SAMPLE = `doc: Cats.
rows: { cats: { count: 5, fields: { id: { sequence: 1 }, kind: cat, year: 2004 } } }
files: [{ source: raw, rows: cats, path: cats.json }]
`;

let cwd: string;
let remove: () => void;
beforeEach(() => {
  ({ folder: cwd, remove } = temporaryFolder());
  for (const { path, text } of tiny()) write(path, text);
});
afterEach(() => remove());

function write(path: string, text: string): void {
  const place = join(cwd, 'tiny', path);
  mkdirSync(dirname(place), { recursive: true });
  writeFileSync(place, text);
}

const planned = (cluster: string) =>
  outcomeOf(
    plan,
    { cluster, templates: 'tiny', lake: cluster === 'local' ? 'lake' : 's3://lake' },
    commandWorld(cwd),
  );

describe('without inputs', () => {
  it('a local run of a pipeline with a sample.yaml reads the generated sample', async () => {
    write('sample.yaml', SAMPLE);
    const { failure, value, events } = await planned('local');
    expect(failure).toBeUndefined();
    expect(value).toMatchObject({ plan: { pipeline: 'tiny', sources: [{ name: 'raw', objects: 1 }] } });
    expect(events).toContainEqual({
      event: 'note',
      message: `no inputs are named: using the generated sample in ${join(cwd, 'sample')}`,
    });
    expect(readdirSync(join(cwd, 'sample/raw'))).toEqual(['cats.json']);
  });

  it.each(['local', 'new'])(
    'a run on --cluster %s that cannot generate them names their keys and flags',
    async (cluster) => {
      if (cluster === 'new') write('sample.yaml', SAMPLE);
      const { failure } = await planned(cluster);
      expect(failure).toMatchObject({
        fault: 'input',
        message: 'no inputs are named: raw',
        why: cluster === 'local' ? ['the pipeline tiny has no sample.yaml to generate a sample from'] : [],
        next: 'set [INPUT] raw in dl.cfg, or give --raw',
      });
      expect(existsSync(join(cwd, 'sample'))).toBe(false);
    },
  );

  it('a local run whose sample.yaml leaves out a source asks for inputs, and names the source', async () => {
    write('sample.yaml', SAMPLE.replace('source: raw', 'source: row'));
    const { failure, events } = await planned('local');
    expect(failure).toMatchObject({
      fault: 'input',
      message: 'no inputs are named: raw',
      why: ['sample.yaml describes no files of raw'],
    });
    expect(events).toContainEqual({
      event: 'warning',
      message: expect.stringMatching(/tiny\/sample\.yaml:3: .*no source row, .*did you mean raw\?$/),
    });
  });

  it('a mistake in sample.yaml stops any run, with the folder that the user named', async () => {
    write('sample.yaml', SAMPLE.replace('count', 'cuont'));
    const { failure } = await planned('local');
    expect(failure?.fault).toBe('input');
    expect(failure?.why).toContainEqual(
      expect.stringMatching(/^tiny\/sample\.yaml:2: unknown key rows\.cats\.cuont; did you mean count\?$/),
    );
  });
});
