/** The texts a pipeline is loaded from, and how places in them are named. */
import type { Diagnostic } from '../faults.ts';

/** The file that names all others. */
export const PIPELINE = 'pipeline.yaml';

export interface TemplateFile {
  /** Relative to the pipeline's folder, `/`-separated. */
  path: string;
  text: string;
}

/** `tables/first/cats.sql.hbs:31`: a place in the pipeline's folder. */
export function placeOf(path: string, line?: number): string {
  return line === undefined ? path : `${path}:${String(line)}`;
}

/** A mistake that stops the command. */
export function mistake(at: string, message: string, hint?: string): Diagnostic {
  return { severity: 'error', at, message, ...(hint === undefined ? {} : { hint }) };
}

/** Lines end in a line feed, the last one too, and no byte-order mark is left: what the line counts rest on. */
export function normalized({ path, text }: TemplateFile): TemplateFile {
  const lines = text.replace(/^\uFEFF/, '').replace(/\r\n?/g, '\n');
  return { path, text: lines === '' || lines.endsWith('\n') ? lines : `${lines}\n` };
}
