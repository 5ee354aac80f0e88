/** Commands in messages are made in one place, which knows how this program was started and how to quote for a shell. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import ts from 'typescript';
import { verbs } from '../../src/cli/verbs.ts';

const src = join(import.meta.dirname, '../../src');
const names = verbs.map(({ name }) => name).join('|');
/** A command of ours as text, such as `landfall retry` or `npm run submit`. */
const COMMAND = new RegExp(`(?:\\blandfall|npm run(?: -s)?) (?:$|--|(?:${names})\\b)`);

/** The texts in a source file that contain a command, by line. */
function commandTexts(file: string): string[] {
  const source = ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.ES2022, true);
  const found: string[] = [];
  const look = (node: ts.Node): void => {
    const isText =
      ts.isStringLiteralLike(node) || ts.isTemplateHead(node) || ts.isTemplateMiddleOrTemplateTail(node);
    if (isText && COMMAND.test(node.text))
      found.push(
        `${file.slice(src.length + 1)}:${String(source.getLineAndCharacterOfPosition(node.pos).line + 1)}`,
      );
    ts.forEachChild(node, look);
  };
  look(source);
  return found;
}

it('no message contains a command as text', () => {
  const files = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.ts'),
  );
  const found = files.flatMap((name) => commandTexts(join(src, name)));
  // The start of an npm script: the only place that may make such texts.
  expect(found.filter((place) => !place.startsWith('cli/invocation.ts'))).toEqual([]);
});
