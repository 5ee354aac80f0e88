/** What the driver took, as a Markdown page. Pure. */
import { count } from '../../../src/counted.ts';
import { kinds } from './counting-s3.ts';
import type { Measured } from './measure.ts';
import type { Sizes } from './sizes.ts';

export interface DriverResult {
  command: string;
  /** YYYY-MM-DD. */
  date: string;
  /** Processor, memory and versions, in words. */
  machine: readonly string[];
  /** The load average of a minute, before the first operation. */
  load: number;
  sizes: Sizes;
  operations: readonly Measured[];
}

export function driverPage({ command, date, machine, load, sizes, operations }: DriverResult): string {
  const { objects, files, publications } = sizes;
  const heads = ['s', 'peak, MiB', 'held, MiB', ...kinds];
  const rows = operations.map(({ name, seconds, peak, held, requests }) => [
    name,
    seconds.toFixed(1),
    mebibytes(peak),
    mebibytes(held),
    ...kinds.map((kind) => count(requests[kind])),
  ]);
  const table = [['operation', ...heads], ['---', ...heads.map(() => '--:')], ...rows];
  const peak = Math.max(...operations.map((one) => one.peak));
  return [
    `\`${command}\`, ${date}`,
    '',
    ...table.map((cells) => `| ${cells.join(' | ')} |`),
    '',
    `- ${count(objects)} input objects, ${count(files)} data files, ${count(publications)} publications. The largest peak is ${mebibytes(peak)} MiB.`,
    '- One process performs the operations in this order, without Spark. Peak: its resident memory. Held: memory in use afterwards, without garbage. Garbage is collected between the operations.',
    `- The S3 endpoint is a process of its own on the same machine, so the seconds do not contain a network. ${machine.join('; ')}. The load was ${load.toFixed(1)} before the first operation.`,
    ...operations.map(({ name, doc }) => `- ${name}: ${doc}.`),
    '',
  ].join('\n');
}

const mebibytes = (bytes: number) => (bytes / 2 ** 20).toFixed(0);
