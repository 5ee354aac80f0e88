/** Mistakes inside one field of a source: its bounds and its default. */
import type { Diagnostic } from '../faults.ts';
import type { SourceFile } from './shapes.ts';
import { mistake } from './template-file.ts';
import type { Locate, ValuePath } from './yaml.ts';

type Field = SourceFile['fields'][number];

export function checkField(field: Field, path: ValuePath, locate: Locate): Diagnostic[] {
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
  if (!fits(field.default, field.type))
    mistakes.push(wrong('default', `${JSON.stringify(field.default)} is not a ${field.type}`));
  return mistakes;
}

/** Whether a field of the type can have the value. Blank text is no value. */
export function fits(value: boolean | number | string, type: Field['type']): boolean {
  if (type === 'STRING') return typeof value === 'string' && value.trim() !== '';
  return (
    typeof value === 'number' && (type === 'DOUBLE' ? Number.isFinite(value) : Number.isSafeInteger(value))
  );
}
