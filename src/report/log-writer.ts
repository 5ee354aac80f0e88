/** A log's lines as they come, in the form asked for, however many: nothing is kept. */
import { harmlessLine, jsonText } from './harmless.ts';
import type { Output } from './printer.ts';

export interface LogWriter {
  /** False when nobody reads any more. Resolves once they are taken, so that no more is read than is written. */
  lines: (log: string, lines: readonly string[]) => Promise<boolean>;
  /** Ends the output; for scripts with what it was about. */
  close: (about: object) => Promise<void>;
  /** Ends the one JSON document, if it has begun, before a failure is told in another. */
  broken: () => Promise<void>;
}

export interface LogWriterOptions {
  output: Output;
  /** To stdout; false when its reader is gone. */
  data: (text: string) => Promise<boolean>;
  /** Told before lines of another log than those before, when people read. */
  begins: (log: string) => void;
}

/**
 * `text`: the lines, nothing that a terminal would obey left in them. `ndjson`: an event a line, `log-line`, and `logs`
 * at the end. `json`: one document, `{"lines": [{log, line}], ...}`.
 */
export function createLogWriter({ output, data, begins }: LogWriterOptions): LogWriter {
  let last: string | undefined;
  let written = 0;
  const opening = () => (written === 0 ? '{"lines":[\n' : ',\n');
  return {
    lines: async (log, lines) => {
      if (log !== last && output === 'text') begins(log);
      last = log;
      if (output === 'text') return data(`${lines.map(harmlessLine).join('\n')}\n`);
      const items = lines.map((line) => jsonText(output === 'json' ? { log, line } : eventOf(log, line)));
      const text = output === 'json' ? opening() + items.join(',\n') : `${items.join('\n')}\n`;
      written += lines.length;
      return data(text);
    },
    close: async (about) => {
      if (output === 'ndjson') await data(`${jsonText({ event: 'logs', ...about })}\n`);
      if (output === 'json') {
        await data(`${written === 0 ? '{"lines":[' : '\n'}],${jsonText(about).slice(1)}\n`);
      }
    },
    broken: async () => {
      if (output === 'json' && written > 0) await data('\n],"broken":true}\n');
    },
  };
}

const eventOf = (log: string, line: string) => ({ event: 'log-line', log, line });
