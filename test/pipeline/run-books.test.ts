import { expect, it } from '@jest/globals';
import { booksOfRun, viewsOfRun } from '../../src/pipeline/run-books.ts';
import { books, viewBooks } from '../lake/plans.ts';

const [plays, events] = [viewBooks({ kept: 1 }), viewBooks({ kept: 2 })];
/** Two steps that read different views of one source, and a third source. */
const reports = [
  { sources: { log: { ...books({ unparsable: 4 }), views: { plays } }, songs: books() } },
  { sources: { log: { ...books(), views: { events } } } },
];

it('the books of a source have the views of all steps, and the largest number of lines that a step quarantined', () => {
  const { log, songs } = booksOfRun(reports);
  expect(log).toMatchObject({ lines: { quarantined: 6 }, views: { plays, events } });
  expect(songs).toEqual(books());
});

it('views are found by name, whichever step read them', () => {
  expect(viewsOfRun(reports)).toEqual({ plays, events, song_data: viewBooks() });
});
