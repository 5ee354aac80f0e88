/**
 * The order in which Jest starts the test files: the longest first, so that no worker is left with a long one at the end.
 * Jest knows only what it ran before on this machine. Here stand the files that take more than a dozen seconds on two quiet cores.
 */
import { existsSync } from 'node:fs';
import { join, relative } from 'node:path';

/** The longest first. */
const LONGEST = [
  'spark/bad-input',
  'acceptance/failures',
  'acceptance/s3',
  'acceptance/submit',
  'acceptance/real-sample',
  'acceptance/clusters',
  'acceptance/emr-local',
  'acceptance/second-pipeline',
  'hostile/lakes',
  'transcripts/replay',
  'hostile/s3',
  'commands/gc',
  'commands/publish',
  'commands/rollback',
  'acceptance/mistakes',
  'commands/verify',
  'emr-local/conformance',
  'emr-local/lifecycle',
  'emr/any-text',
  'emr-local/rules',
  'full/determinism',
  'full/hostile-lakes',
  'full/generated',
  'full/lost-answers',
  'full/fault-seeds',
  'full/installing',
  'full/spark/failures',
  'full/hostile-s3',
  'full/deaths',
].map((name) => `${name}.test.ts`);

/** Jest calls it with `new`, and uses the object that it returns. */
export default function LongestFirst() {
  const gone = LONGEST.filter((name) => !existsSync(join(import.meta.dirname, name)));
  if (gone.length > 0)
    throw new Error(`test/longest-first.mjs lists files that do not exist: ${gone.join(', ')}`);
  return {
    sort: (tests) => [...tests].sort((a, b) => placeOf(a) - placeOf(b) || (a.path < b.path ? -1 : 1)),
    allFailedTests: (tests) => tests,
    cacheResults: () => undefined,
  };
}

function placeOf({ path }) {
  const at = LONGEST.indexOf(relative(import.meta.dirname, path));
  return at === -1 ? LONGEST.length : at;
}
