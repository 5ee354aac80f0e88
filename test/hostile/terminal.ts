/** What the CLI prints about a lake full of texts that contain control sequences, or imitate its own lines. */
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import type { Damage } from './damage.ts';
import { damage } from './examine.ts';
import { landfallHere } from '../support/landfall-here.ts';
import { props, scene } from './stage.ts';

const FORGED = 'next: landfall gc --yes';
const HOSTILE = `x\r\n${FORGED}\n\u001b[2J\u001b]0;x\u0007\u009b2J\u202e`;
const FAILED = '_landfall/runs/failed/journal';

/** Control characters except the line feed, and characters that reorder the text around them. */
// eslint-disable-next-line no-control-regex
const STEERING = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/u;

it.each<[string, Damage, readonly string[]]>([
  [
    'why a run failed',
    { key: `${FAILED}/000010.json`, damage: 'texts', like: 'FAILED|log', value: HOSTILE },
    ['status', 'failed'],
  ],
  [
    'the names in a plan',
    { key: `${FAILED}/000001.json`, damage: 'texts', like: '^(song|log|sparkify|file:)', value: HOSTILE },
    ['status', 'failed'],
  ],
  [
    'an entry that is none',
    { key: `${FAILED}/000002.json`, damage: 'foreign', body: HOSTILE },
    ['attach', 'failed'],
  ],
  [
    'a run’s own name',
    {
      key: `_landfall/runs/${HOSTILE.replaceAll('/', '')}/journal/000001.json`,
      damage: 'planted',
      body: '{}',
    },
    ['runs'],
  ],
  [
    'the name of an object among the tables',
    { key: `songs/${HOSTILE}.parquet`, damage: 'planted', body: HOSTILE },
    ['verify'],
  ],
  [
    'the names in a publication',
    { key: '_landfall/published/000004.json', damage: 'texts', like: '.', value: HOSTILE },
    ['rollback', '--dry-run'],
  ],
])('neither controls the terminal nor forges a line when it prints %s', async (_, one, args) => {
  damage(scene, props, [one]);
  const env = {
    AWS_ENDPOINT_URL_EMR: scene.emr.endpoint,
    AWS_REGION: 'eu-west-1',
    LANDFALL_HOME: scene.home,
  };
  const cwd = join(scene.base, 'work');
  const { code, printed } = await landfallHere([...args, '--lake', scene.lake], { cwd, env });
  expect(code).not.toBe(1);
  expect(printed).not.toBe('');
  expect(STEERING.exec(printed)?.[0]).toBeUndefined();
  expect(printed.split('\n').filter((line) => line.trim().startsWith(FORGED))).toEqual([]);
});
