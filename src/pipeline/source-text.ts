/** The contract of a source, and where its parts stand in its file. */
import type { SourceContract } from './contract.ts';
import type { Locate } from './yaml.ts';

export interface SourceText {
  contract: SourceContract;
  locate: Locate;
}
