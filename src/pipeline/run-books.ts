/** The books of a run, put together from the reports of its steps. Pure. */
import type { SourceBooks, StepReport, ViewBooks } from './report.ts';

type Reported = Pick<StepReport, 'sources'>;

/** By source. Steps that read different views of one source report about the same lines, each about its own views. */
export function booksOfRun(reports: readonly Reported[]): Record<string, SourceBooks> {
  const books: Record<string, SourceBooks> = {};
  for (const [name, its] of reports.flatMap(({ sources }) => Object.entries(sources))) {
    const other = books[name];
    if (other === undefined) {
      books[name] = its;
      continue;
    }
    const quarantined = Math.max(other.lines.quarantined, its.lines.quarantined);
    books[name] = {
      ...its,
      lines: { ...its.lines, quarantined },
      views: { ...other.views, ...its.views },
    };
  }
  return books;
}

/** By view. */
export function viewsOfRun(reports: readonly Reported[]): Record<string, ViewBooks> {
  const views = reports.flatMap(({ sources }) => Object.values(sources).map((source) => source.views));
  return Object.assign({}, ...views) as Record<string, ViewBooks>;
}
