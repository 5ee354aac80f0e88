/** The size of a test: `quick` in `npm test`, `whole` in `npm run test:full`. */
export const scale = <T>(quick: T, whole: T): T =>
  process.env['LANDFALL_TEST_FULL'] === undefined ? quick : whole;
