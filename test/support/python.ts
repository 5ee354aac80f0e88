/** The Python of the tests: boto3, moto's S3 server, the AWS CLI, DuckDB; pinned by test/requirements.txt. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** The interpreter's path; `test/run.ts` makes the environment before any test runs. */
export function testPython(): string {
  const python = process.env['LANDFALL_TEST_PYTHON'] ?? join(pythonFolder(), 'bin', 'python');
  if (!existsSync(python)) throw new Error(`no Python for the tests at ${python}: run npm test once`);
  return python;
}

/** Where the tests' virtual environment lives. */
export function pythonFolder(): string {
  return join(import.meta.dirname, '../../node_modules/.cache/landfall/python');
}
