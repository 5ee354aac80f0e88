/** Mistakes inside one input contract. */
import type { Diagnostic } from '../faults.ts';
import type { SourceFile } from './shapes.ts';
import { repeated } from './check-table.ts';
import { mistake } from './template-file.ts';
import { didYouMean } from './yaml.ts';
import type { Locate, ValuePath } from './yaml.ts';

type Field = SourceFile['fields'][number];

export function checkSource(source: SourceFile, locate: Locate): Diagnostic[] {
  const names = source.fields.map(({ name }) => name);
  const exists = (name: string, path: ValuePath) =>
    names.includes(name) ? [] : [mistake(locate(path), `there is no field ${name}`, didYouMean(name, names))];
  return [
    ...repeated(names).map((index) =>
      mistake(
        locate(['fields', index, 'name']),
        `the field ${names[index] ?? ''} is there twice; case does not tell two apart`,
      ),
    ),
    ...source.fields.flatMap((field, index) => checkField(field, ['fields', index], locate)),
    ...(source.keep === undefined ? [] : exists(source.keep.field, ['keep', 'field'])),
    ...(source.event_key ?? []).flatMap((name, index) => {
      const optional = source.fields.find((field) => field.name === name)?.required === false;
      return optional
        ? [
            mistake(
              locate(['event_key', index]),
              `${name} is part of the event key`,
              'make it required: true',
            ),
          ]
        : exists(name, ['event_key', index]);
    }),
  ];
}

function checkField(field: Field, path: ValuePath, locate: Locate): Diagnostic[] {
  const wrong = (key: keyof Field, message: string, hint?: string) =>
    mistake(locate([...path, key]), message, hint);
  const mistakes: Diagnostic[] = [];
  for (const bound of ['min', 'below'] as const)
    if (field[bound] !== undefined && field.type === 'STRING')
      mistakes.push(wrong(bound, `${field.name} is a STRING and has no ${bound}`));
  if (field.min !== undefined && field.below !== undefined && field.min >= field.below)
    mistakes.push(
      wrong('min', `no value of ${field.name} is at least ${field.min} and below ${field.below}`),
    );
  if (field.default === undefined) return mistakes;
  if (field.required)
    mistakes.push(wrong('default', `${field.name} is required and so never takes its default`));
  if (!fits(field.default, field.type))
    mistakes.push(wrong('default', `${JSON.stringify(field.default)} is not a ${field.type}`));
  return mistakes;
}

function fits(value: number | string, type: Field['type']): boolean {
  if (type === 'STRING') return typeof value === 'string' && value.trim() !== '';
  return (
    typeof value === 'number' && (type === 'DOUBLE' ? Number.isFinite(value) : Number.isSafeInteger(value))
  );
}
