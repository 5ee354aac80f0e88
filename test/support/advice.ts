/** The advice of a failure, as shown to a user who started Landfall as `landfall`. */
import { PLAIN, spoken } from '../../src/shell-words.ts';
import type { Advice, AdvisedCommand } from '../../src/shell-words.ts';
import type { Started } from '../../src/cli/invocation.ts';
import { pipelineNames } from '../../src/session/pipeline-keys.ts';

/** The advice as text. */
export function said(next: Advice | AdvisedCommand | undefined): string | undefined {
  return next === undefined ? undefined : spoken(next, PLAIN);
}

/** Matches advice with this text, inside an expected object. */
export function advising(expected: string | RegExp): unknown {
  return {
    $$typeof: Symbol.for('jest.asymmetricMatcher'),
    asymmetricMatch: (next: Advice | undefined) => {
      const text = said(next) ?? '';
      return typeof expected === 'string' ? text === expected : expected.test(text);
    },
    toString: () => 'advising',
    toAsymmetricMatcher: () => `advising(${String(expected)})`,
  };
}

/** A start as `landfall` from the PATH. */
export const startedAsLandfall: Started = {
  env: { PATH: '/usr/bin' },
  cwd: '/home/me',
  node: '/usr/bin/node',
  script: '/usr/bin/landfall',
  home: '/usr/lib/landfall',
};

/** For `parseArguments`: the names of a pipeline, read from its folder. */
export const pipelineNamesLoaded = () => Promise.resolve(pipelineNames);
