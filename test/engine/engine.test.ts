/** The unit tests of the engine, run by Python. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { privateSparkPython } from '../support/private-spark.ts';

const root = join(import.meta.dirname, '../..');

it('passes its unit tests, without Spark', () => {
  const { status, stderr } = spawnSync(
    privateSparkPython(),
    ['-B', '-m', 'unittest', 'discover', '--start-directory', join(root, 'test/engine')],
    {
      cwd: root,
      encoding: 'utf8',
      env: { ...process.env, PYTHONPATH: join(root, 'spark-templates') },
    },
  );
  if (status !== 0) throw new Error(stderr);
  expect(Number(/^Ran (\d+) tests/m.exec(stderr)?.[1])).toBeGreaterThan(30);
});
