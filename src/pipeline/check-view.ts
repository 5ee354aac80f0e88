/** Mistakes inside one view of a source: its filter, its required fields and its event key. */
import type { Diagnostic } from '../faults.ts';
import { exactHint, fits } from './check-field.ts';
import { repeated } from './repeated.ts';
import { elementOf } from './column-type.ts';
import type { SourceFile } from './shapes.ts';
import { mistake } from './template-file.ts';
import { didYouMean } from './yaml.ts';
import type { Locate, ValuePath } from './yaml.ts';

type View = SourceFile['views'][number];

/** `path`: where the view stands in the file of its source. */
export function checkView(
  view: View,
  path: ValuePath,
  { fields, locate }: { fields: SourceFile['fields']; locate: Locate },
): Diagnostic[] {
  const names = fields.map(({ name }) => name);
  const wrong = (below: ValuePath, message: string, hint?: string) =>
    mistake(locate([...path, ...below]), message, hint);
  const unknown = (name: string, below: ValuePath) =>
    names.includes(name) ? [] : [wrong(below, `unknown field ${name}`, didYouMean(name, names))];
  const twice = (list: 'required' | 'event_key') =>
    repeated(view[list]).map(({ name, index }) => wrong([list, index], `${name} is listed twice`));
  return [
    ...checkKeep(view, fields, wrong, unknown),
    ...view.required.flatMap((name, index) => unknown(name, ['required', index])),
    ...twice('required'),
    ...view.event_key.flatMap((name, index) => {
      const below = ['event_key', index];
      if (!names.includes(name)) return unknown(name, below);
      const type = fields.find((field) => field.name === name)?.type;
      if (type !== undefined && elementOf(type) !== undefined)
        return [wrong(below, `${name} is ${type}, which cannot be part of a key`)];
      // A misspelt required field is a mistake of its own, and may be this one.
      if (view.required.includes(name) || view.required.some((one) => !names.includes(one))) return [];
      return [wrong(below, `${name} is part of the event key`, `add it to required of ${view.name}`)];
    }),
    ...twice('event_key'),
  ];
}

function checkKeep(
  { keep }: View,
  fields: SourceFile['fields'],
  wrong: (below: ValuePath, message: string, hint?: string) => Diagnostic,
  unknown: (name: string, below: ValuePath) => Diagnostic[],
): Diagnostic[] {
  if (keep === undefined) return [];
  const field = fields.find(({ name }) => name === keep.field);
  if (field === undefined) return unknown(keep.field, ['keep', 'field']);
  if (fits(keep.equals, field.type)) return [];
  const message = `${field.name} is ${field.type} and never equals ${JSON.stringify(keep.equals)}`;
  return [wrong(['keep', 'equals'], message, exactHint(field.type))];
}
