/** Journal and publication log on an S3 that loses answers and reports conflicts: the stored entry decides whose it is. */
import '../support/one-realm.ts';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { publish, readPublication } from '../../src/lake/publication.ts';
import { createJournal, openJournal } from '../../src/run/journal.ts';
import { readEntries } from '../../src/run/read-journal.ts';
import { openS3 } from '../../src/store/s3.ts';
import type { Store } from '../../src/store/store.ts';
import { plan } from '../support/fake-run.ts';
import { seededRandom } from '../support/seeded-random.ts';
import { virtualClock } from '../support/virtual-clock.ts';
import { answer, refuse, scriptedS3 } from './scripted-s3.ts';
import type { Reply, ScriptedS3, Seen } from './scripted-s3.ts';
import { madeOf } from '../lake/plans.ts';

type Trouble = 'lost' | 'lost before' | 'conflict' | 'conflict after';

let s3: ScriptedS3;
let kept: Map<string, string>;
/** For the next conditional writes, one each. */
let troubles: Trouble[];
beforeEach(async () => {
  kept = new Map();
  troubles = [];
  s3 = await scriptedS3(serve);
});
afterEach(() => s3.stop());

const path = ({ url }: Seen) => new URL(url, 'http://s3').pathname;

const listing = (prefix: string) =>
  [...kept.keys()]
    .map((key) => key.slice('/lake/'.length))
    .filter((key) => key.startsWith(prefix))
    .sort()
    .reduce(
      (xml, key) => `${xml}<Contents><Key>${key}</Key><Size>1</Size></Contents>`,
      '<ListBucketResult>',
    ) + '</ListBucketResult>';

const serve: Reply = (seen, response) => {
  const key = path(seen);
  if (seen.method !== 'PUT') {
    const body = kept.get(key);
    const date = { date: new Date().toUTCString() };
    if (seen.url.includes('list-type=2')) {
      answer(200, listing(new URL(seen.url, 'http://s3').searchParams.get('prefix') ?? ''))(seen, response);
      return;
    }
    (body === undefined && seen.method === 'GET' ? refuse(404, 'NoSuchKey') : answer(200, body, date))(
      seen,
      response,
    );
    return;
  }
  const trouble = troubles.shift();
  const write = () => {
    if (kept.has(key)) return refuse(412, 'PreconditionFailed');
    kept.set(key, seen.body);
    return answer(200, '', { etag: '"e"' });
  };
  switch (trouble) {
    case undefined:
      write()(seen, response);
      return;
    case 'lost':
      write();
      response.destroy();
      return;
    case 'lost before':
      response.destroy();
      return;
    case 'conflict':
      refuse(409, 'ConditionalRequestConflict')(seen, response);
      return;
    case 'conflict after':
      write();
      refuse(409, 'ConditionalRequestConflict')(seen, response);
  }
};

/** With as many SDK attempts as a lake has, or with only one. */
function lake(maxAttempts: number): Store {
  const credentials = { accessKeyId: 'a', secretAccessKey: 'b' };
  const settings = { endpoint: s3.endpoint, credentials, maxAttempts, checksums: 'when_required' } as const;
  return openS3({ bucket: 'lake', prefix: '' }, settings, {});
}

const writer = (objects: Store, driver: string) => ({
  objects,
  clock: virtualClock(),
  random: seededRandom(driver.length),
  driver,
});

const cases: [Trouble[], number][] = [
  [['lost'], 4],
  [['lost'], 1],
  [['lost', 'lost before', 'lost before'], 1],
  [['lost before'], 1],
  [['conflict'], 4],
  [['conflict', 'conflict', 'conflict after'], 4],
  [['conflict after', 'lost before', 'conflict'], 1],
];

describe.each(cases)('under %j, with %i tries of the SDK’s own,', (trouble, maxAttempts) => {
  it('a journal entry exists once and is recognised as ours', async () => {
    const objects = lake(maxAttempts);
    troubles = [...trouble];
    const journal = await createJournal(writer(objects, 'driver-1'), { entry: 'planned', plan });
    troubles = [...trouble];
    await journal.append({ entry: 'staged' });
    expect((await readEntries(objects, plan.run, 0)).map(({ entry, driver }) => [entry, driver])).toEqual([
      ['planned', 'driver-1'],
      ['staged', 'driver-1'],
    ]);
  });

  it('an entry that another driver wrote meanwhile is not taken for ours', async () => {
    const objects = lake(maxAttempts);
    const journal = await createJournal(writer(objects, 'driver-1'), { entry: 'planned', plan });
    const other = await openJournal(writer(objects, 'the other'), plan.run);
    await other.append({ entry: 'taken-over', from: 'driver-1' });
    troubles = [...trouble];
    await expect(journal.append({ entry: 'staged' })).rejects.toMatchObject({ fault: 'owned' });
    expect(await readEntries(objects, plan.run, 0)).toHaveLength(2);
  });

  it('a publication is won once, by the run that is told so', async () => {
    const objects = lake(4);
    troubles = [...trouble];
    const candidate = { number: 1, run: 'r1', driver: 'd', kept: [], madeOf, tables: [] };
    expect(await publish(objects, candidate)).toBe('published');
    troubles = [...trouble];
    expect(await publish(objects, { ...candidate, run: 'r2' })).toBe('taken');
    expect((await readPublication(objects, 1))?.run).toBe('r1');
  });
});
