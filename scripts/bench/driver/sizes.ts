/** How much the driver is given to do. */
export interface Sizes {
  /** Input objects, of all sources. */
  objects: number;
  /** Data files of all tables of a run. */
  files: number;
  /** Entries of the publication log. */
  publications: number;
}

export const FULL: Sizes = { objects: 1_000_000, files: 100_000, publications: 10_000 };
export const QUICK: Sizes = { objects: 100_000, files: 10_000, publications: 1_000 };
