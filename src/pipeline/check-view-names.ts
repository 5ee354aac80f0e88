/** Mistakes in the names of views: queries must know which view, source or table a name means. */
import type { Diagnostic } from '../faults.ts';
import type { PipelineFile } from './shapes.ts';
import type { SourceText } from './source-text.ts';
import { mistake } from './template-file.ts';

/** A view may have the name of its own source, and no other name that means something already. */
export function checkViewNames(file: PipelineFile, sources: readonly SourceText[]): Diagnostic[] {
  const taken = new Map<string, string>();
  return sources.flatMap(({ contract: { name: source, views }, locate }) =>
    views.flatMap(({ name }, index) => {
      const at = locate(['views', index, 'name']);
      const other = taken.get(name);
      taken.set(name, source);
      if (other === source) return [mistake(at, `the view ${name} appears twice`)];
      if (other !== undefined) return [mistake(at, `${other} has a view ${name} already`)];
      if (name !== source && file.sources.includes(name))
        return [mistake(at, `${name} is the name of a source`, 'choose another name for the view')];
      const writer = file.steps.find(({ writes }) => writes.includes(name));
      if (writer === undefined) return [];
      const message = `${name} is the name of a table that ${writer.name} writes`;
      return [mistake(at, message, 'choose another name for the view')];
    }),
  );
}
