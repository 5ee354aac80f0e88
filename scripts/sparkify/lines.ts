/** Lines as the bytes of a file. As one long text they would cost the garbage collector more than making them costs. */
export interface Lines {
  add(line: string): void;
  /** Without a newline at the end. */
  bytes(): Buffer;
}

const NEWLINE = 10;
/** Of UTF-8, per UTF-16 unit. */
const MOST_BYTES = 3;

export function openLines(): Lines {
  let buffer = Buffer.allocUnsafe(2 ** 20);
  let length = 0;
  return {
    add: (line) => {
      const needed = length + 1 + line.length * MOST_BYTES;
      if (needed > buffer.length) {
        const larger = Buffer.allocUnsafe(2 * needed);
        buffer.copy(larger, 0, 0, length);
        buffer = larger;
      }
      if (length > 0) length = buffer.writeUInt8(NEWLINE, length);
      length += buffer.write(line, length);
    },
    bytes: () => buffer.subarray(0, length),
  };
}
