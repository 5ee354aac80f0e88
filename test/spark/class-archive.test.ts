import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { setUpSpark } from '../support/private-spark.ts';
import { RELEASE, runSpark } from './spark.ts';

it.each([
  ['files', undefined],
  ['S3', {}],
])('Spark takes its classes from the archive, also when it reads %s', async (_, s3) => {
  const { conf } = await setUpSpark(RELEASE, { s3 });
  const folder = mkdtempSync(join(tmpdir(), 'landfall-classes-'));
  try {
    const program = join(folder, 'nothing.py');
    writeFileSync(program, '');
    const log = join(folder, 'loaded');
    const options = `${conf['spark.driver.extraJavaOptions'] ?? ''} -Xlog:class+load:file=${log}`;
    const classPath = conf['spark.driver.extraClassPath'] ?? '';
    const { code, stdout } = await runSpark([
      '--conf',
      `spark.driver.extraJavaOptions=${options}`,
      '--conf',
      `spark.driver.extraClassPath=${classPath}`,
      program,
    ]);
    expect([code, stdout]).toEqual([0, '']);
    expect(readFileSync(log, 'utf8')).toMatch(
      /org\.apache\.spark\.deploy\.SparkSubmit source: shared objects file \(top\)/,
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
});
