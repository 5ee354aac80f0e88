/** Logs of a step: their lines on stdout, in the chosen output form; everything else on stderr. */
import type { LogPiece } from '../run/log-piece.ts';
import type { Invocation } from '../shell-words.ts';
import { harmlessLine, jsonText } from './harmless.ts';
import type { Output, Printer } from './printer.ts';
import { sayNext } from './say-next.ts';

/**
 * Prints the pieces as they come, and stops when the reader of stdout is gone. `text`: the lines, nothing that a
 * terminal would obey left in them. `ndjson`: an event a line, `log-line`, and `logs` at the end. `json`: one
 * document, `{"lines": [{log, line}], ...}`; when a failure ends it, with `"broken": true`.
 */
export async function printLogs(
  { printer, invocation }: { printer: Pick<Printer, 'output' | 'data' | 'say'>; invocation: Invocation },
  pieces: AsyncIterable<LogPiece>,
): Promise<void> {
  const { output, data, say } = printer;
  let shown: string | undefined;
  try {
    for await (const piece of pieces) {
      switch (piece.kind) {
        case 'note':
          say(piece.message);
          break;
        case 'next':
          sayNext({ printer, invocation }, piece.command);
          break;
        case 'lines':
          if (output === 'text' && piece.log !== shown) say(`== ${piece.log}`);
          if (!(await data(linesText(piece, output, shown === undefined)))) return;
          shown = piece.log;
          break;
        case 'end':
          if (output !== 'text') await data(endText(piece.about, output, shown === undefined));
      }
    }
  } catch (error) {
    if (output === 'json' && shown !== undefined) await data('\n],"broken":true}\n');
    throw error;
  }
}

function linesText(
  { log, lines }: { log: string; lines: readonly string[] },
  output: Output,
  first: boolean,
): string {
  switch (output) {
    case 'text':
      return `${lines.map(harmlessLine).join('\n')}\n`;
    case 'ndjson':
      return lines.map((line) => `${jsonText({ event: 'log-line', log, line })}\n`).join('');
    case 'json':
      return (first ? '{"lines":[\n' : ',\n') + lines.map((line) => jsonText({ log, line })).join(',\n');
  }
}

function endText(about: object, output: 'json' | 'ndjson', isEmpty: boolean): string {
  if (output === 'ndjson') return `${jsonText({ event: 'logs', ...about })}\n`;
  return `${isEmpty ? '{"lines":[' : '\n'}],${jsonText(about).slice(1)}\n`;
}
