/** Records transcripts again: the named ones, or all. */
import { writeFileSync } from 'node:fs';
import { rowsOfShipped } from './account.ts';
import { recordOf, replay, transcripts } from './replay.ts';

const rows = await rowsOfShipped();
const named = process.argv.slice(2);
for (const name of named.length === 0 ? transcripts() : named)
  writeFileSync(recordOf(name), await replay(name, rows));
