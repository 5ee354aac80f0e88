/** Sets up the private Spark of `--cluster local`, or says that it is there. */
import { parseArgs } from 'node:util';
import { LandfallError } from '../src/faults.ts';
import { landfallHome } from '../src/local/landfall-home.ts';
import { ensureSpark } from '../src/local/setup-spark.ts';
import { messageOf } from '../src/message-of.ts';
import { PLAIN, spoken } from '../src/shell-words.ts';
import { systemClock } from '../src/system-clock.ts';

const USAGE = `npm run setup-spark -- [--release emr-7.13.0] [--s3]

  --release   EMR release whose Spark is wanted (default emr-7.13.0: Spark 3.5.6; emr-spark-8.0.0: Spark 4.0.2)
  --s3        also fetch what s3:// paths need (281 MB, for Spark 4.0.2 558 MB)`;

const options = {
  release: { type: 'string', default: 'emr-7.13.0' },
  s3: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
} as const;

try {
  const { values } = parseArgs({ options });
  if (values.help) console.log(USAGE);
  else await setUp(values.release, values.s3);
} catch (error) {
  const why = error instanceof LandfallError ? [...error.why, spoken(error.next ?? '', PLAIN)] : [USAGE];
  console.error([messageOf(error), ...why].join('\n'));
  process.exitCode = 2;
}

async function setUp(release: string, s3: boolean): Promise<void> {
  const began = systemClock.monotonic();
  const megabytes = (bytes: number) => Math.round(bytes / 1_000_000);
  const spark = await ensureSpark({
    release,
    home: landfallHome(process.env),
    env: process.env,
    clock: systemClock,
    s3: s3 ? {} : undefined,
    progress: ({ message, done = 0, total }) => {
      const amount = total === undefined ? '' : ` (${megabytes(done)} of ${megabytes(total)} MB)`;
      console.error(`${Math.round((systemClock.monotonic() - began) / 1000)} s  ${message}${amount}`);
    },
  });
  console.log(`Spark ${spark.version} is ready at ${spark.home} (Java: ${spark.env['JAVA_HOME'] ?? ''})`);
}
