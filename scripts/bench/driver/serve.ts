/** A process with the S3 endpoint in memory, filled; it answers each message with the requests so far. */
import { countingS3 } from './counting-s3.ts';
import { fill } from './lake.ts';
import type { Sizes } from './sizes.ts';

const [sizes = '', folder = ''] = process.argv.slice(2);
const s3 = await countingS3();
await fill(s3, JSON.parse(sizes) as Sizes, folder);
process.send?.(s3.endpoint);
process.on('message', () => process.send?.(s3.requests()));
process.on('disconnect', () => process.exit());
