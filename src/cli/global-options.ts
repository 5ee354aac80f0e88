/** Flags that every verb has. */
import type { Options } from 'yargs';

export const globalOptions = {
  config: { type: 'string', describe: 'Configuration file [dl.cfg, else dwh.cfg]' },
  output: { choices: ['text', 'json', 'ndjson'], default: 'text', describe: 'Format of what goes to stdout' },
  verbose: { type: 'boolean', describe: 'Say where every setting comes from' },
  color: { type: 'boolean', default: true, describe: 'Colours on a terminal; --no-color for none' },
} as const satisfies Record<string, Options>;
