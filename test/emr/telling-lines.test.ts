import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { lastLines, tellingLines } from '../../src/emr/telling-lines.ts';

const log = (name: string) =>
  readFileSync(new URL(`../fixtures/emr-logs/${name}.txt`, import.meta.url), 'utf8');
const pipeline = 'my/pipeline';
const told = (more: { stdout?: string; stderr?: string }) =>
  tellingLines({ stdout: '', stderr: log('quiet.stderr'), pipeline, ...more }).lines;
const own = (failure: object) => `LANDFALL-FAILURE ${JSON.stringify(failure)}`;

describe('the lines that say why a step failed', () => {
  it('name the column that is missing', () => {
    expect(told({ stdout: log('missing-column.stdout') })).toEqual([
      'AnalysisException: [UNRESOLVED_COLUMN.WITH_SUGGESTION] A column or function parameter with name `titel` cannot be resolved. Did you mean one of the following? [`id`].; line 3 pos 2;',
    ]);
  });

  it('name the place of malformed SQL, which Spark writes on the next line', () => {
    expect(told({ stdout: log('malformed-sql.stdout') })).toEqual([
      "ParseException: [PARSE_SYNTAX_ERROR] Syntax error at or near 'songs'.(line 1, pos 15)",
    ]);
  });

  it('are the last line of a Python traceback', () => {
    expect(told({ stdout: log('python-traceback.stdout') })).toEqual([
      "ValueError: invalid literal for int() with base 10: 'not a number'",
    ]);
  });

  it('name the input that is missing', () => {
    expect(told({ stdout: log('missing-input.stdout') })).toEqual([
      'AnalysisException: [PATH_NOT_FOUND] Path does not exist: file:/nowhere/log data/2018.',
    ]);
  });

  it('start with the cause that Spark’s job abort wraps', () => {
    expect(told({ stdout: log('bad-cast.stdout') })[0]).toMatch(
      /^SparkNumberFormatException: \[CAST_INVALID_INPUT\] The value 'x0' of the type "STRING" cannot be cast/,
    );
  });

  it('say that memory ran out, even if Python logged nothing', () => {
    expect(told({ stderr: log('out-of-memory.stderr') })).toEqual(['OutOfMemoryError: Java heap space']);
  });

  it('prefer the JVM’s out-of-memory error to Python’s lost connection', () => {
    const stdout =
      'Traceback (most recent call last):\n  File "x"\nConnectionRefusedError: [Errno 111] Connection refused\n';
    expect(told({ stdout, stderr: log('out-of-memory.stderr') })[0]).toBe(
      'OutOfMemoryError: Java heap space',
    );
  });

  it('name what was denied', () => {
    expect(told({ stdout: log('access-denied.stdout') })[0]).toMatch(
      /^AccessDeniedException: s3:\/\/plays\/log data\/2018: getFileStatus .* Status Code: 403/,
    );
  });

  it('say that an executor was killed, and why', () => {
    expect(told({ stdout: log('killed-executor.stdout') })[0]).toMatch(
      /^Container killed by YARN for exceeding physical memory limits\. 5\.6 GB of 5\.5 GB/,
    );
  });

  it.each([
    [
      '/my home/emr-local/x/scratch',
      'failed to map segment from shared object',
      'LANDFALL_HOME, or emr-local --state,',
    ],
    [
      '/my home/scratch',
      'cannot open shared object file: Operation not permitted',
      'LANDFALL_HOME, or emr-local --state,',
    ],
    ['/tmp', 'failed to map segment from shared object', 'java.io.tmpdir'],
  ])('name the folder %s, mounted noexec, and the setting to change: %s', (folder, reason, setting) => {
    const library = `${folder}/libzstd-jni-1.5.5-443.so`;
    const error = `java.lang.UnsatisfiedLinkError: ${library}: ${library}: ${reason}`;
    const stdout = `Traceback (most recent call last):
  File "step.py", line 9, in <module>
py4j.protocol.Py4JJavaError: An error occurred while calling o60.parquet.
: org.apache.spark.SparkException: Job aborted.
Caused by: ${error}
no zstd-jni-1.5.5-4 in java.library.path: /usr/lib`;
    expect(told({ stdout }).slice(0, 2)).toEqual([
      error.slice('java.lang.'.length),
      `no library can be loaded from the folder ${folder} (mounted noexec): set ${setting} to another one`,
    ]);
  });

  it('name the YARN application', () => {
    const { applicationId } = tellingLines({ stdout: '', stderr: log('cluster-mode.stderr'), pipeline });
    expect(applicationId).toBe('application_1732170000000_0007');
  });

  it('are none if the output has no cause', () => {
    expect(told({})).toEqual([]);
    expect(told({ stdout: '', stderr: '' })).toEqual([]);
  });
});

describe('the program’s own failure line', () => {
  const failure = {
    step: 'log_transform',
    table: 'songplays',
    template: 'tables/log_transform/songplays.sql.hbs',
    line: 31,
    error: "[UNRESOLVED_COLUMN.WITH_SUGGESTION] `titel` cannot be resolved; line 3 pos 2;\n'Project [titel]",
    kind: 'AnalysisException',
  };

  it.each(['stdout', 'stderr'] as const)('comes first, with its template line, on %s', (stream) => {
    expect(told({ [stream]: `noise\n${own(failure)}\n${log('missing-column.stdout')}` }).slice(0, 2)).toEqual(
      [
        '[UNRESOLVED_COLUMN.WITH_SUGGESTION] `titel` cannot be resolved; line 3 pos 2;',
        'at my/pipeline/tables/log_transform/songplays.sql.hbs:31 (table songplays)',
      ],
    );
  });

  it('without a template line is followed by the table that was being written', () => {
    const stdout = [
      'landfall: songs: begun, by tables/song_transform/songs.sql.hbs',
      'landfall: songs: 10 rows',
      'landfall: artists: begun, by tables/song_transform/artists.sql.hbs',
    ].join('\n');
    const stderr = own({ error: 'the step took longer than its timeout of 6 seconds' });
    const during = 'while writing table artists, by my/pipeline/tables/song_transform/artists.sql.hbs';
    expect(tellingLines({ stdout, stderr, pipeline })).toEqual({
      lines: ['the step took longer than its timeout of 6 seconds', during],
      during,
    });
    expect(
      tellingLines({ stdout: `${stdout}\nlandfall: artists: 1 rows`, stderr, pipeline }).lines,
    ).toHaveLength(1);
  });

  it('without a template line is followed by all tables that were being written at the same time', () => {
    const stdout = [
      ...['songs', 'artists', 'keys'].map((name) => `landfall: ${name}: begun, by tables/s/${name}.sql.hbs`),
      'landfall: artists: 10 rows',
    ].join('\n');
    expect(told({ stdout, stderr: own({ error: 'no memory' }) })).toEqual([
      'no memory',
      'while writing tables songs, keys, by files in my/pipeline/tables/s',
    ]);
  });

  it('is not followed by what else the JVM logged', () => {
    const stdout = `${own({ error: '[CAST_INVALID_INPUT] x' })}\n`;
    const stderr =
      '26/11/21 06:40:21 ERROR TaskSetManager: Task 0 in stage 0.0 failed 1 times; aborting job\n';
    expect(told({ stdout, stderr })).toEqual(['[CAST_INVALID_INPUT] x']);
  });

  it('is replaced by the JVM’s cause if it only quotes Py4J, and keeps the template line', () => {
    const error = 'Py4JJavaError: An error occurred while calling o121.parquet.';
    const lines = told({ stdout: `${own({ ...failure, error })}\n${log('killed-executor.stdout')}` });
    expect(lines[0]).toMatch(/^Container killed by YARN/);
    expect(lines[1]).toBe('at my/pipeline/tables/log_transform/songplays.sql.hbs:31 (table songplays)');
  });

  it('is replaced by the JVM’s cause if it only says that Spark was ending, and keeps the template line', () => {
    const error = 'Job 2 cancelled because SparkContext was shut down';
    const stderr = `${log('out-of-memory.stderr')}\n${own({ ...failure, error })}`;
    expect(told({ stderr })).toEqual([
      'OutOfMemoryError: Java heap space',
      'at my/pipeline/tables/log_transform/songplays.sql.hbs:31 (table songplays)',
      error,
    ]);
  });

  it('is shown without a template line if there is none, and only once', () => {
    const stdout = `${own({ step: 's', template: null, line: null, error: 'upstream song_transform has no report' })}\n`;
    expect(told({ stdout })).toEqual(['upstream song_transform has no report']);
    const error = "ValueError: invalid literal for int() with base 10: 'not a number'";
    expect(told({ stdout: `${log('python-traceback.stdout')}\n${own({ error })}` })).toEqual([error]);
  });

  it.each(['LANDFALL-FAILURE {broken', 'LANDFALL-FAILURE []', ' LANDFALL-FAILURE {"error":"indented"}'])(
    'is ignored if it cannot be parsed: %s',
    (line) => expect(told({ stdout: `${line}\n` })).toEqual([]),
  );
});

describe('text from a log', () => {
  it('loses colours, control characters and overlong lines', () => {
    const [line] = told({
      stdout: own({ error: `\u001b[31mred\u001b[0m\u0007 \u202ebad\u0000 ${'x'.repeat(10_000)}` }),
    });
    expect(line).toMatch(/^red bad x+…$/);
    expect(line).toHaveLength(300);
  });

  it('is searched in linear time', () => {
    const started = performance.now();
    const stderr = `${'x'.repeat(2000)}\n`.repeat(5_000);
    tellingLines({ stdout: 'a.'.repeat(200_000), stderr, pipeline });
    expect(performance.now() - started).toBeLessThan(5_000);
  });

  it('keeps its last lines', () => {
    expect(lastLines('a\n\n b \n\u001b[1mc\u001b[0m\n\n', 2)).toEqual(['b', 'c']);
  });
});
