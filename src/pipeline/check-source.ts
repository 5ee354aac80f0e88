/** Mistakes inside one input contract. */
import type { Diagnostic } from '../faults.ts';
import { checkField } from './check-field.ts';
import { repeated } from './repeated.ts';
import { checkView } from './check-view.ts';
import type { SourceFile } from './shapes.ts';
import { mistake } from './template-file.ts';
import type { Locate } from './yaml.ts';

export function checkSource({ fields, views }: SourceFile, locate: Locate): Diagnostic[] {
  const names = fields.map(({ name }) => name);
  return [
    ...repeated(names).map(({ name, index }) =>
      mistake(
        locate(['fields', index, 'name']),
        `the field ${name} appears twice; names that differ only in case are the same`,
      ),
    ),
    ...fields.flatMap((field, index) => [
      ...checkField(field, ['fields', index], locate),
      ...(field.default !== undefined && views.every(({ required }) => required.includes(field.name))
        ? [
            mistake(
              locate(['fields', index, 'default']),
              `every view requires ${field.name}, so it never takes its default`,
            ),
          ]
        : []),
    ]),
    ...views.flatMap((view, index) => checkView(view, ['views', index], { fields, locate })),
  ];
}
