/** The examples of spark-templates/README.md, applied as a reader would apply them. */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { SHIPPED } from '../../src/session/pipeline-folder.ts';
import { root } from './landfall.ts';

const readme = readFileSync(join(root, 'spark-templates/README.md'), 'utf8');

export interface TemplateExample {
  title: string;
  /** Changes to the shipped pipeline; none if the example is a separate pipeline. */
  diffs: readonly string[];
  files: readonly { path: string; text: string }[];
  /** Raw lines. */
  data: readonly string[];
}

/** The README's text below a heading, up to the next heading of the same level. */
export function sectionOf(heading: string): string {
  const [level = ''] = heading.split(' ');
  const [, section] = `\n${readme}`.split(`\n${heading}\n`);
  if (section === undefined) throw new Error(`the README has no section ${heading}`);
  return section.split(new RegExp(`^#{2,${level.length}} `, 'm'))[0] ?? '';
}

const blocks = (text: string, language: string) =>
  [...text.matchAll(/^```(\w+)\n(.*?)^```$/gms)]
    .filter(([, its]) => its === language)
    .map(([, , block = '']) => block);

export const templateExamples: readonly TemplateExample[] = [...readme.matchAll(/^## (Example: .*)$/gm)].map(
  ([heading, title = '']) => {
    const text = sectionOf(heading);
    return {
      title,
      diffs: blocks(text, 'diff'),
      files: [...text.matchAll(/^New file `([^`]+)`:\n\n```\w+\n(.*?)^```$/gms)].map(
        ([, path = '', content = '']) => ({ path, text: content }),
      ),
      data: blocks(text, 'jsonl'),
    };
  },
);

export function exampleOf(title: string): TemplateExample {
  const found = templateExamples.find((one) => one.title === `Example: ${title}`);
  if (found === undefined) throw new Error(`the README has no example ${title}`);
  return found;
}

/** Copies the shipped pipeline. */
export function copyShipped(folder: string): void {
  cpSync(SHIPPED.place, folder, { recursive: true });
}

/** Applies an example's diffs to a pipeline and adds its files. Fails if a diff does not fit. */
export function follow({ diffs, files }: TemplateExample, folder: string): void {
  mkdirSync(folder, { recursive: true });
  for (const diff of diffs) {
    const { status, stderr } = spawnSync('git', ['apply', '--directory', basename(folder), '-'], {
      cwd: dirname(folder),
      input: diff,
      encoding: 'utf8',
      // Not the repository around it.
      env: { ...process.env, GIT_DIR: join(folder, 'none') },
    });
    if (status !== 0) throw new Error(stderr);
  }
  for (const { path, text } of files) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text, { flag: 'wx' });
  }
}

/** The paths that a diff changes. */
export const changedBy = (diff: string): string[] =>
  [...diff.matchAll(/^\+\+\+ b\/(.*)$/gm)].map(([, path = '']) => path);
