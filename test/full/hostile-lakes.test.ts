/** All of what test/hostile tries in part: each damage of each kind of object with every verb, and damages at random. */
import { expect, it } from '@jest/globals';
import { kindsOf, PLANTED, runOf, wholeDamages } from '../hostile/catalogue.ts';
import { complaintsAbout } from '../hostile/examine.ts';
import { hostileCase, tryCase } from '../hostile/generate.ts';
import { props, scene } from '../hostile/stage.ts';
import { changingVerbs, lookingVerbs } from '../hostile/verbs.ts';

const first = Number(process.env['HOSTILE_SEED'] ?? process.env['CAMPAIGN_SEED'] ?? 1);
const count = Number(process.env['HOSTILE_CASES'] ?? 1500);

it('each damage of each kind of object leaves every verb harmless', async () => {
  const complaints: string[] = [];
  const damages = [...kindsOf(scene).flatMap((key) => wholeDamages(scene, key)), ...PLANTED];
  for (const [at, damage] of damages.entries()) {
    const run = runOf(damage.key) ?? 'second';
    const changing = changingVerbs(run);
    const verbs = [...lookingVerbs(run), ...changing.filter((_, other) => (at + other) % 4 === 0)];
    const told = await complaintsAbout(scene, props, {
      run,
      damages: [damage],
      verbs: verbs.map(({ name }) => name),
    });
    complaints.push(...told.map((one) => `${JSON.stringify(damage).slice(0, 300)} ${one}`));
  }
  expect(complaints).toEqual([]);
}, 3_600_000);

it('damages at random leave every verb harmless', async () => {
  for (let seed = first; seed < first + count; seed += 1) {
    const complaints = await tryCase(scene, props, hostileCase(scene, seed));
    expect({ seed, complaints }).toEqual({ seed, complaints: [] });
  }
}, 3_600_000);
