/** Text that others wrote (object names, logs, reasons) must not steer the terminal it is shown on. Pure. */

/** Controls but for line feeds and our own colours, and characters that reorder what stands around them. */
const STEERING =
  // eslint-disable-next-line no-control-regex
  /\u001b(?!\[\d{1,2}m)|[\u0000-\u0009\u000b-\u001a\u001c-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/gu;

/** The text with a dot for every character that a terminal would obey. */
export function harmless(text: string): string {
  return text.replace(STEERING, '·');
}

/** Colours and the like, and the return before a line feed. */
// eslint-disable-next-line no-control-regex
const TRIMMINGS = /\u001b\[[\d;]*m|\r$/gu;

/** A line of someone's log: without its colours, its tabs kept, and otherwise as `harmless` makes it. */
export function harmlessLine(line: string): string {
  return line.replace(TRIMMINGS, '').split('\t').map(harmless).join('\t');
}
