/** The report a step writes last: `<execution>/report.json`. Its presence and its shape make an execution complete. */
import { z } from 'zod';
import { columnType } from './column-type.ts';

const count = z.number().int().nonnegative();
/** Epoch milliseconds, up to the year 9999. */
const moment = count.max(253_402_300_799_999);

/** What became of a source's lines in a view: `read - unparsable = kept + filtered + duplicates + quarantined`. */
export const viewBooks = z.object({
  lines: z.object({ kept: count, filtered: count, duplicates: count, quarantined: count }),
  /** Of the duplicates, those whose content differs from the line that was kept. */
  conflicts: count,
  quarantinedBy: z.array(z.object({ reason: z.string(), field: z.string(), lines: count })),
  /** Kept lines without a value in a field that is not required: it is missing or null, blank, or does not fit. */
  nulls: z.array(z.object({ field: z.string(), missing: count, blank: count, unfit: count })),
  /** Fields without a value in every line that passes the filter. `key`: its path, with dots; `occurs`: it is there. */
  unknown: z.array(z.object({ field: z.string(), key: z.string(), type: columnType, occurs: z.boolean() })),
  /** Where a field is unknown: keys of a sample of lines that no field names, and what they hold, most frequent first. */
  otherKeys: z.array(z.object({ key: z.string(), kind: z.string(), lines: count })),
});

/**
 * `name` is relative to the folder that the execution has of the table; `size` in bytes. `in`: the execution that wrote
 * the file, as `<run>.<execution>`, when it is an earlier one.
 */
const writtenFiles = z.array(z.object({ name: z.string(), size: count, in: z.string().optional() }));

/** Rejected lines are always written anew. */
const rejectedFiles = z.array(z.strictObject({ name: z.string(), size: count }));

/** How much of a table the execution made; what it did not make lies in files of earlier executions. */
export const made = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('whole') }),
  /** By their values of the contract's `rebuild.by`, as paths spell them. */
  z.object({ kind: z.literal('partitions'), partitions: z.array(z.array(z.string())) }),
  /** The rest of the report is a copy of the earlier execution's. */
  z.object({ kind: z.literal('carried over') }),
]);

/** The books of one source: `objects = read + empty`. */
export const sourceBooks = z.object({
  objects: z.object({
    manifest: count,
    read: count,
    empty: count,
    /** Names of objects whose lines, as read, do not account for all bytes: some were lost, or came twice. */
    unaccounted: z.array(z.string()),
  }),
  lines: z.object({
    /** Lines that are not blank. */
    read: count,
    blank: count,
    /** Lines that are not one JSON object, so that no view can use them. */
    unparsable: count,
    /** Lines that are unparsable or that at least one view rejects. */
    quarantined: count,
  }),
  unparsableBy: z.array(z.object({ reason: z.string(), lines: count })),
  /** Input objects that are JSON, but not an object a line. */
  misshapen: z.array(
    z.object({ shape: z.enum(['array', 'object']), objects: count, sample: z.array(z.string()) }),
  ),
  /** Of each view that the step reads. */
  views: z.record(z.string(), viewBooks),
});

/** A contract check that did not hold; `sample` holds a few offending rows as JSON. */
export const violation = z.object({
  check: z.string(),
  severity: z.enum(['error', 'warn']),
  detail: z.string(),
  count,
  sample: z.array(z.string()),
});

export const tableReport = z.object({
  made,
  /** Data files as they were before they were read back. */
  files: writtenFiles,
  /** Rows that were written, and those of files that an earlier execution wrote. */
  rows: count,
  /** As counted by reading the written files back. */
  readBack: count,
  /** Keys under which the input rows disagreed and one had to win; null when the contract names no rule. */
  conflicts: count.nullable(),
  /** Checks that were made, those of the key and of columns that are not nullable among them; `matched` is none. */
  checks: count,
  /** One for each check that did not hold. */
  violations: z.array(violation),
  /** Of each `matched` check: rows that have a value in its column. */
  matched: z
    .array(z.object({ column: z.string(), found: z.string(), rows: count, warnBelow: z.number() }))
    .default([]),
});

/** What a step keeps of a source, so that no later execution parses the same lines again. */
export const sourceTable = z.object({
  /** The digest of everything that decides how its lines are parsed and judged. */
  digest: z.string(),
  /** Lines that at least one view keeps, duplicates included. */
  rows: count,
  files: writtenFiles,
  /** Objects whose lines this execution parsed. */
  parsed: count,
});

export const stepReport = z.object({
  version: z.literal(4),
  step: z.string(),
  token: z.string(),
  applicationId: z.string(),
  sparkVersion: z.string(),
  /** Epoch milliseconds, by the clock of the machine the step ran on. */
  startedAt: moment,
  endedAt: moment,
  sources: z.record(z.string(), sourceBooks),
  /** By source: the data files of the quarantine that hold its rejected lines. */
  quarantine: z.record(z.string(), rejectedFiles),
  /** The file that says what each input object contained, whichever execution parsed it. */
  objects: z.object({ size: count }).optional(),
  sourceTables: z.record(z.string(), sourceTable).default({}),
  upstreams: z.record(z.string(), z.string()),
  tables: z.record(z.string(), tableReport),
});

export type ViewBooks = z.infer<typeof viewBooks>;
export type SourceBooks = z.infer<typeof sourceBooks>;
export type Made = z.infer<typeof made>;
export type ReportedFile = z.infer<typeof writtenFiles>[number];
export type TableReport = z.infer<typeof tableReport>;
export type StepReport = z.infer<typeof stepReport>;
