/**
 * All of what test/hostile tries in part. Each kind of object is damaged in every way; the verb that meets the damage
 * changes with both, so that every verb meets every damage and every kind. The seed chooses which verb comes first:
 * as many seeds in a row as there are verbs try everything with everything, as `HOSTILE_ROUNDS=all` does at once.
 */
import { expect, it } from '@jest/globals';
import { kindsOf, PLANTED, runOf, wholeDamages } from '../hostile/catalogue.ts';
import { tryDamaged } from '../hostile/examine.ts';
import { hostileCase, tryCase } from '../hostile/generate.ts';
import { props, scene } from '../hostile/stage.ts';
import { allVerbs } from '../hostile/verbs.ts';

const first = Number(process.env['HOSTILE_SEED'] ?? process.env['CAMPAIGN_SEED'] ?? 1);
const count = Number(process.env['HOSTILE_CASES'] ?? 500);
const given = process.env['HOSTILE_ROUNDS'] ?? '1';
const rounds = given === 'all' ? allVerbs('any').length : Number(given);

it(
  'each damage of each kind of object leaves every verb harmless',
  async () => {
    const complaints: string[] = [];
    const kinds = [...kindsOf(scene).map((key) => wholeDamages(scene, key)), PLANTED];
    for (let round = first; round < first + rounds; round += 1) {
      for (const [kind, damages] of kinds.entries()) {
        for (const [at, damage] of damages.entries()) {
          const run = runOf(damage.key) ?? 'second';
          const verbs = allVerbs(run);
          const verb = verbs[(kind + at + round) % verbs.length]!;
          const told = await tryDamaged(scene, props, { run, damages: [damage], verb });
          complaints.push(...told.map((one) => `${JSON.stringify(damage).slice(0, 300)} ${one}`));
        }
      }
    }
    expect(complaints).toEqual([]);
  },
  4 * 3_600_000,
);

it('damages at random leave every verb harmless', async () => {
  for (let seed = first; seed < first + count; seed += 1) {
    const complaints = await tryCase(scene, props, hostileCase(scene, seed));
    expect({ seed, complaints }).toEqual({ seed, complaints: [] });
  }
}, 3_600_000);
