/** What the arguments of spark-submit and spark-sql ask of Spark itself, read as Spark's own launcher reads them. Pure. */
import { present } from '../present.ts';

/** Options without a value. All others take one: as the next argument, or after `=`. */
const SWITCHES = ['--verbose', '-v', '--supervise', '--help', '-h', '--version', '--usage-error'];

/** The first option that needs a cluster manager, as it was written; undefined when Spark may run in local mode. */
export function asksForCluster(
  program: 'spark-submit' | 'spark-sql',
  args: readonly string[],
): string | undefined {
  for (let index = 0; index < args.length; index += 1) {
    const written = present(args[index], `argument ${index}`);
    // What follows the application is its own affair. spark-sql has none.
    if (!written.startsWith('-') && program === 'spark-submit') return undefined;
    if (!written.startsWith('-') || SWITCHES.includes(written)) continue;
    const [, name = written, joined] = /^(--[^=]+)=(.+)$/s.exec(written) ?? [];
    const value = joined ?? args[(index += 1)];
    if (value !== undefined && needsCluster(name, value))
      return joined === undefined ? `${name} ${value}` : written;
  }
  return undefined;
}

function needsCluster(name: string, value: string): boolean {
  if (name === '--master') return !isLocal(value);
  if (name === '--deploy-mode') return value !== 'client';
  if (name !== '--conf' && name !== '-c') return false;
  const equals = value.indexOf('=');
  if (equals < 0) return false;
  const key = value.slice(0, equals).trim();
  const setting = value.slice(equals + 1).trimStart();
  if (key === 'spark.master') return !isLocal(setting);
  return key === 'spark.submit.deployMode' && setting !== 'client';
}

const isLocal = (master: string) => /^local(\[|-cluster|$)/.test(master);
