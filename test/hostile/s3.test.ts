/**
 * What only S3 can have: names that no file system could hold, answers that are not true, a store that ignores If-None-Match.
 * Here each sort of damage meets one verb; in test/full/hostile-s3.test.ts every damage meets many.
 */
import { describe, expect, it } from '@jest/globals';
import { s3Damages } from './s3-damage.ts';
import { examine } from './examine.ts';
import { s3, scene, tryS3 } from './s3-stage.ts';
import { allVerbs } from './verbs.ts';

it('names and answers that only S3 can have do not make a verb crash, hang, or touch anything outside the lake', async () => {
  const some = s3Damages(1100).filter((_, at) => at % 17 === 0);
  const complaints: string[] = [];
  for (const [at, one] of some.entries()) {
    const verbs = allVerbs(one.run);
    complaints.push(...(await tryS3(one, verbs[at % verbs.length]!)));
  }
  expect(complaints).toEqual([]);
}, 120_000);

describe('a store that ignores If-None-Match', () => {
  it.each([
    ['submit --run-id fresh', 'fresh'],
    ['attach detached', 'detached'],
    ['retry failed', 'failed'],
    ['publish third --rebase', 'third'],
    ['rollback', 'third'],
    ['gc --yes', 'third'],
    ['cancel detached', 'detached'],
  ])('is refused by %s, which writes nothing', async (name, run) => {
    scene.reset();
    if (name.startsWith('publish')) s3.objects.delete('lake/root/_landfall/published/000004.json');
    const verb = allVerbs(run).find((one) => one.name === name)!;
    const before = scene.files.snapshot();
    s3.answer = (request) => {
      delete request.headers['if-none-match'];
      return false;
    };
    const { failure, complaints } = await examine(scene, run, {
      ...verb,
      flags: { ...scene.flags('first'), ...verb.flags },
    });
    expect(failure).toMatchObject({ fault: 'input', message: expect.stringContaining('create-if-absent') });
    expect(complaints).toEqual([]);
    expect(scene.files.snapshot()).toEqual(before);
    expect(scene.emr.touched()).toEqual([]);
  });
});
