/** Settings of Spark that keep a step to its own folders and to one locale, whatever machine it runs on. */
import { relative } from 'node:path';
import { javaWord } from './java-word.ts';
import type { stepPaths } from './step-paths.ts';

type Folders = Pick<ReturnType<typeof stepPaths>, 'work' | 'scratch'>;

export interface StepJvm {
  /** The step's home folder. */
  home: string;
  /** More options of the JVM, one word each. */
  options: readonly string[];
}

/** This machine's settings with those of one step laid over them. */
export function withStepConf(
  conf: Readonly<Record<string, string>>,
  folders: Folders,
  { home, options }: StepJvm,
): Record<string, string> {
  const own = [
    `-Djava.io.tmpdir=${folders.scratch}`,
    `-Duser.home=${home}`,
    '-Duser.language=en',
    '-Duser.country=US',
    '-Dfile.encoding=UTF-8',
    '-Dsun.jnu.encoding=UTF-8',
    '-XX:-UsePerfData',
    ...options,
  ];
  const inherited = conf[JVM_OPTIONS];
  return {
    ...conf,
    [JVM_OPTIONS]: [...(inherited ? [inherited] : []), ...own.map(javaWord)].join(' '),
    'spark.local.dir': asListItem(folders, folders.scratch),
    'spark.hadoop.hadoop.tmp.dir': folders.scratch,
    'spark.hadoop.fs.s3a.buffer.dir': asListItem(folders, folders.scratch),
  };
}

const JVM_OPTIONS = 'spark.driver.extraJavaOptions';

/**
 * A folder as an item of a comma-separated list: relative to the step's working folder if its path contains a comma.
 */
export function asListItem({ work }: Pick<Folders, 'work'>, folder: string): string {
  return folder.includes(',') ? relative(work, folder) : folder;
}
