import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { exampleText, settingsTable } from '../../src/config/example.ts';
import { namedSettings } from '../../src/config/schema.ts';
import { PIPELINE, linesOf, resolveText } from './resolve.ts';

describe('dl.cfg.example', () => {
  it('is generated from the schema', () => {
    const file = readFileSync(join(import.meta.dirname, '../../dl.cfg.example'), 'utf8');
    expect(file).toBe(exampleText(PIPELINE));
  });

  it('changes no setting as it is', () => {
    expect(linesOf(resolveText(exampleText(PIPELINE)), 'error')).toEqual([]);
    expect(
      [...resolveText(exampleText(PIPELINE)).origins.values()].every((origin) => origin === 'default'),
    ).toBe(true);
  });

  it('is valid with every key uncommented, and names them all', () => {
    const resolved = resolveText(exampleText(PIPELINE).replace(/^#(?=[A-Za-z_]+ =)/gm, ''));
    expect(linesOf(resolved, 'error')).toEqual([]);
    const absent = namedSettings(PIPELINE).filter(
      ({ id }) => !resolved.origins.get(id)?.startsWith('dl.cfg:'),
    );
    expect(absent.map(({ id }) => id)).toEqual([
      'aws.accessKeyId',
      'aws.secretAccessKey',
      'aws.sessionToken',
    ]);
  });
});

describe('the reference table', () => {
  it('has a row for each setting', () => {
    const rows = settingsTable(PIPELINE).trimEnd().split('\n').slice(2);
    expect(rows).toHaveLength(namedSettings(PIPELINE).length);
    expect(rows[0]).toBe(
      '| `[LAKE] path` | `./lake` | `--lake`, `LANDFALL_LAKE` | Where the tables land: an s3:// URI or a local folder. |',
    );
  });
});
