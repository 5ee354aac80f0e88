/** That a submit has nothing to do, as text. Pure. */
import { place } from '../shell-words.ts';

export interface NothingToDo {
  /** The newest publication: it is what a run would make. */
  publication: number;
  /** The run that published it. */
  run: string;
  /** ISO 8601. */
  publishedAt: string;
  lake: string;
  /** Whether they show this publication: before submit, because of it, or not yet. */
  plainPaths: 'complete' | 'finished' | 'behind';
}

const PLAIN_PATHS = {
  complete: 'the plain paths show it',
  finished: 'its plain paths were behind, and are complete now',
  behind: 'its plain paths are behind: submit finishes them, and nothing else',
} as const;

/** Why there is nothing to do. */
export function whyNothing({ publication, run, lake, plainPaths }: NothingToDo): string {
  return [
    `nothing changed since publication ${String(publication)} of run ${run}: same inputs, templates and settings`,
    `${PLAIN_PATHS[plainPaths]}, in ${place(lake)}`,
    '--full runs everything all the same',
  ].join('\n');
}
