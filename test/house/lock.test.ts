/** The lock file that every fresh clone is installed from. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';

const text = readFileSync(join(import.meta.dirname, '../../package-lock.json'), 'utf8');

it('records no download addresses', () => {
  expect(text).not.toMatch(/"resolved": "http/);
});

it('contains the optional packages of every platform: otherwise npm ci refuses it', () => {
  const { packages } = JSON.parse(text) as {
    packages: Record<string, { optionalDependencies?: Record<string, string> }>;
  };
  const missing = Object.entries(packages).flatMap(([path, { optionalDependencies = {} }]) =>
    Object.keys(optionalDependencies).filter(
      (name) => !(`node_modules/${name}` in packages) && !(`${path}/node_modules/${name}` in packages),
    ),
  );
  expect(missing).toEqual([]);
});
