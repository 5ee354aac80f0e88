/**
 * Every damage that only S3 can do to a lake, each with one verb after another in turns: the seed chooses which comes first, and
 * `HOSTILE_ROUNDS=all` tries every damage with every verb.
 */
import { expect, it } from '@jest/globals';
import { s3Damages } from '../hostile/s3-damage.ts';
import { tryS3 } from '../hostile/s3-stage.ts';
import { allVerbs } from '../hostile/verbs.ts';

const first = Number(process.env['HOSTILE_SEED'] ?? process.env['CAMPAIGN_SEED'] ?? 1);
const given = process.env['HOSTILE_ROUNDS'] ?? '1';
const rounds = given === 'all' ? allVerbs('any').length : Number(given);

it('no name or answer that only S3 can have makes a verb do harm', async () => {
  const complaints: string[] = [];
  for (let round = first; round < first + rounds; round += 1) {
    for (const [at, damage] of s3Damages(2500).entries()) {
      const verbs = allVerbs(damage.run);
      complaints.push(...(await tryS3(damage, verbs[(at + round) % verbs.length]!)));
    }
  }
  expect(complaints).toEqual([]);
}, 3_600_000);
