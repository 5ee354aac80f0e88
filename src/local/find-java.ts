/** Finds a Java that Spark runs on. */
import { join } from 'node:path';
import { variableIn } from '../env.ts';
import type { Env } from '../env.ts';
import type { Run } from './run-command.ts';
import type { SparkVersion } from './spark-versions.ts';

export interface JavaSearch {
  /** JAVA_HOME of a suitable one. */
  home?: string;
  /** Why the others are not suitable, a line each. */
  refused: readonly string[];
}

/** Asks the Java of JAVA_HOME, then the one on PATH. */
export async function findJava(
  run: Run,
  env: Env,
  version: Pick<SparkVersion, 'javas' | 'javaModule'>,
): Promise<JavaSearch> {
  const named = variableIn(env, 'JAVA_HOME');
  const refused: string[] = [];
  for (const java of [...(named === undefined ? [] : [join(named, 'bin', 'java')]), 'java']) {
    const { code, output } = await run(java, ['-XshowSettings:properties', '-version'], { env });
    const home = property(output, 'java.home');
    const specification = property(output, 'java.specification.version');
    if (code !== 0 || home === undefined || specification === undefined) continue;
    if (!version.javas.includes(Number(specification))) {
      refused.push(`${home} is Java ${specification}, not ${version.javas.join(' or ')}`);
    } else if (version.javaModule !== undefined && !(await hasModule(run, env, java, version.javaModule))) {
      refused.push(`${home} lacks the module ${version.javaModule}: it is not a full JDK`);
    } else {
      return { home, refused };
    }
  }
  return { refused: [...new Set(refused)] };
}

function property(output: string, name: string): string | undefined {
  return new RegExp(`^\\s*${name.replaceAll('.', '\\.')} = (.+)$`, 'm').exec(output)?.[1]?.trim();
}

async function hasModule(run: Run, env: Env, java: string, module: string): Promise<boolean> {
  const { output } = await run(java, ['--list-modules'], { env });
  return output.split('\n').some((line) => line.split('@')[0]?.trim() === module);
}
