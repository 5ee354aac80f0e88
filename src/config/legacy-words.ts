/** The words that names in existing files are made of: `S3_BUCKET_OUTPUT_PATH` is an output, in S3. */
import { foldName } from './ini-file.ts';

export interface Words {
  role: 'input' | 'output' | undefined;
  /** Which of two places of one kind this is: the one for work on this machine, or the other. */
  where: 'local' | 'remote' | undefined;
  bucket: boolean;
  /** True when the name says that its value is a place, so that a bare word is a folder. */
  folder: boolean;
  /** The remaining words, without those above and those without a meaning. */
  rest: string[];
}

const INPUT = ['input', 'in', 'source', 'src'];
const OUTPUT = ['output', 'out', 'dest', 'destination', 'target', 'sink', 'lake', 'datalake'];
const LOCAL = ['local', 'localhost', 'dev', 'development', 'test'];
const REMOTE = ['s3', 's3a', 's3n', 'remote', 'cloud', 'prd', 'prod', 'production'];
const FOLDER = ['data', 'path', 'paths', 'dir', 'directory', 'folder', 'location', 'loc'];
const NO_MEANING = [
  ...['aws', 'emr', 'spark', 'etl', 'dl', 'project', 'my', 'main', 'base', 'root'],
  ...['name', 'uri', 'url', 'file', 'files', 'json', 'parquet', 'raw', 'final', 'bucket', 'buckets'],
];

/** Words of the projects whose files are read. */
export interface ProjectWords {
  /** Words without a meaning here. */
  noMeaning: readonly string[];
  /** What the project has data of, as regular expressions. */
  data: readonly string[];
}

/** Splits a section's or a key's name into words. */
export function wordsOf(name: string, project: ProjectWords): Words {
  const subjects = ['input', 'output', 'source', 'dest', 'target', ...project.data];
  const glued = new RegExp(`^(${subjects.join('|')})(data|path|dir|folder|bucket)$`);
  const words = foldName(name.replace(/([a-z])([A-Z])/g, '$1_$2'))
    .split(/[_.]+/)
    .flatMap((word) => glued.exec(word)?.slice(1) ?? [word])
    .filter((word) => word !== '');
  const has = (list: readonly string[]) => words.some((word) => list.includes(word));
  const known = [INPUT, OUTPUT, LOCAL, REMOTE, NO_MEANING, project.noMeaning].flat();
  return {
    role: has(OUTPUT) ? 'output' : has(INPUT) ? 'input' : undefined,
    where: has(LOCAL) ? 'local' : has(REMOTE) ? 'remote' : undefined,
    bucket: has(['bucket', 'buckets']),
    folder: has(FOLDER),
    rest: words.filter((word) => !known.includes(word) && (!FOLDER.includes(word) || word === 'data')),
  };
}

/** Whether the remaining words are a source's name, in singular or plural: `cats_data` is `cat_data`. */
export function isSource(source: string, rest: readonly string[]): boolean {
  const key = (words: readonly string[]) =>
    words
      .map((word) => word.replace(/s$/, ''))
      .sort()
      .join();
  return key(foldName(source).split('_')) === key(rest);
}
