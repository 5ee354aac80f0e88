/** What a Parquet file's footer says, read without the rest of the file. */
import { createHash } from 'node:crypto';
import { parquetMetadata, parquetSchema } from 'hyparquet';
import type { FileMetaData, SchemaElement, SchemaTree } from 'hyparquet';
import { messageOf } from '../message-of.ts';
import { refuseFalseClaims } from './footer-claims.ts';
import { mostBytes } from './layout.ts';
import { listOf } from './parquet-types.ts';
import type { ParquetType } from './parquet-types.ts';

export interface FileColumn extends ParquetType {
  name: string;
  /** True when the schema itself rules nulls out. */
  required: boolean;
  /** Undefined when the writer left their number out, as it may for very long values, and for nested columns. */
  hasNulls: boolean | undefined;
  /** Codecs of its chunks, each once. */
  codecs: readonly string[];
}

export interface Footer {
  rows: number;
  /** Of the footer's bytes, which give the place and size of each column; 32 hex digits. */
  digest: string;
  columns: readonly FileColumn[];
}

/** Reads bytes `[start, end)` of the file. */
export type ReadRange = (start: number, end: number) => Promise<Uint8Array>;

/** Bytes fetched first: a footer seldom has more. */
const TAIL = 64 * 1024;
/** What ends every file: the footer's length in four bytes, then the magic. */
const END = 8;
/** Magic, an empty footer, its length, and magic again. */
const SMALLEST = 12;

/** Reads the footer of a file of `size` bytes; `broken` says why it is no whole Parquet file. */
export async function readFooter(size: number, read: ReadRange): Promise<Footer | { broken: string }> {
  if (size === 0) return { broken: 'it has zero bytes' };
  if (size < SMALLEST) return { broken: `${String(size)} bytes are too few for a Parquet file` };
  let bytes = await read(Math.max(0, size - TAIL), size);
  if (bytes.length !== Math.min(TAIL, size)) return { broken: 'it became shorter while it was read' };
  const end = new DataView(bytes.buffer, bytes.byteOffset + bytes.length - END, END);
  if (end.getUint32(4, true) !== MAGIC) return { broken: 'it is truncated: it does not end as Parquet does' };
  const length = end.getUint32(0, true);
  if (length > size - SMALLEST) return { broken: 'its end gives an impossible length for the footer' };
  if (length > mostBytes.footer) {
    const most = String(mostBytes.footer);
    return { broken: `its end claims a footer of ${String(length)} bytes; at most ${most} are read` };
  }
  if (length + END > bytes.length) bytes = await read(size - length - END, size);
  return parse(bytes, size);
}

/** `PAR1`, read as a little-endian number. */
const MAGIC = 0x31524150;

function parse(bytes: Uint8Array, size: number): Footer | { broken: string } {
  try {
    refuseFalseClaims(footerOf(bytes));
    const metadata = parquetMetadata(bytes, { geoparquet: false });
    if (!isWhole(metadata, size)) return { broken: 'bytes are missing: its columns reach beyond its end' };
    const rows = metadata.row_groups.reduce((sum, group) => sum + Number(group.num_rows), 0);
    if (rows !== Number(metadata.num_rows)) {
      return {
        broken: `its footer counts ${String(metadata.num_rows)} rows, and its row groups ${String(rows)}`,
      };
    }
    return { rows, digest: digestOf(footerOf(bytes)), columns: columnsOf(metadata) };
  } catch (error) {
    return { broken: `its footer cannot be read: ${messageOf(error)}` };
  }
}

/** Of bytes that end as the file does. */
function footerOf(bytes: Uint8Array): Uint8Array {
  const end = bytes.length - END;
  const length = new DataView(bytes.buffer, bytes.byteOffset + end, END).getUint32(0, true);
  return bytes.subarray(end - length, end);
}

function digestOf(footer: Uint8Array): string {
  return createHash('sha256').update(footer).digest('hex').slice(0, 32);
}

/** True when every column chunk lies between the opening magic and the footer. */
function isWhole(metadata: FileMetaData, size: number): boolean {
  const footer = size - END - metadata.metadata_length;
  return chunksOf(metadata).every((chunk) => {
    const dictionary = Number(chunk.dictionary_page_offset ?? 0);
    const start = dictionary > 0 ? dictionary : Number(chunk.data_page_offset);
    return start >= 4 && start + Number(chunk.total_compressed_size) <= footer;
  });
}

function chunksOf(metadata: FileMetaData): ChunkMetaData[] {
  const chunks = metadata.row_groups.flatMap(({ columns }) => columns);
  return chunks.flatMap(({ meta_data: chunk }) => (chunk === undefined ? [] : [chunk]));
}

type ChunkMetaData = NonNullable<FileMetaData['row_groups'][number]['columns'][number]['meta_data']>;

function columnsOf(metadata: FileMetaData): FileColumn[] {
  const all = chunksOf(metadata);
  return parquetSchema(metadata).children.map((column) => {
    const { element } = column;
    const chunks = all.filter(({ path_in_schema: path }) => path[0] === element.name);
    const nulls = chunks.map(({ statistics }) => statistics?.null_count);
    return {
      name: element.name,
      ...typeOf(column),
      required: element.repetition_type === 'REQUIRED',
      hasNulls:
        element.type === undefined || nulls.includes(undefined)
          ? undefined
          : nulls.some((count) => Number(count) > 0),
      codecs: [...new Set(chunks.map(({ codec }) => codec))],
    };
  });
}

function typeOf({ element, children }: SchemaTree): ParquetType {
  if (element.type !== undefined) return { physical: element.type, logical: logicalOf(element) };
  const item = logicalOf(element) === 'LIST' && children.length === 1 ? itemOf(children[0]) : undefined;
  if (item?.type === undefined) return { physical: 'GROUP', logical: logicalOf(element) };
  return { physical: listOf(item.type), logical: logicalOf(item) };
}

/** The element of a list of three levels: a group of one child, which repeats. */
function itemOf(group: SchemaTree | undefined): SchemaElement | undefined {
  const [item, ...more] = group?.children ?? [];
  const repeats = group?.element.repetition_type === 'REPEATED' && more.length === 0;
  return repeats && item?.element.repetition_type !== 'REPEATED' ? item?.element : undefined;
}

function logicalOf(element: SchemaElement): string {
  const { logical_type: logical, converted_type: converted } = element;
  if (logical?.type === 'DECIMAL' || converted === 'DECIMAL')
    return `DECIMAL(${String(element.precision)},${String(element.scale ?? 0)})`;
  if (logical === undefined) return converted === undefined ? '' : (OLDER_NAMES[converted] ?? converted);
  if (logical.type === 'TIMESTAMP' || logical.type === 'TIME') {
    return `${logical.type}(${logical.unit},${logical.isAdjustedToUTC ? 'UTC' : 'local'})`;
  }
  if (logical.type !== 'INTEGER') return logical.type;
  return `INTEGER(${String(logical.bitWidth)},${logical.isSigned ? 'signed' : 'unsigned'})`;
}

/** What the names of Parquet's first edition mean; its timestamps are always adjusted to UTC. */
const OLDER_NAMES: Readonly<Record<string, string>> = {
  UTF8: 'STRING',
  INT_32: 'INTEGER(32,signed)',
  INT_64: 'INTEGER(64,signed)',
  TIMESTAMP_MICROS: 'TIMESTAMP(MICROS,UTC)',
  TIMESTAMP_MILLIS: 'TIMESTAMP(MILLIS,UTC)',
};
