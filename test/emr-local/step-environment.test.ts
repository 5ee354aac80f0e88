import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { javaWord } from '../../src/emr-local/java-word.ts';
import { namelessUserOptions } from '../../src/emr-local/nameless-user.ts';
import { stepPaths } from '../../src/emr-local/step-paths.ts';
import { withStepConf } from '../../src/emr-local/step-conf.ts';
import { stepEnvironment } from '../../src/emr-local/step-environment.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'landfall-step-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const folders = { home: '/step/work', scratch: '/step/scratch' };

describe("a step's environment", () => {
  it('has no setting of another Spark, Hadoop, Java or Python, whatever its name', () => {
    const foreign = Object.fromEntries(
      [
        ...['SPARK_REMOTE', 'SPARK_HOME', 'SPARK_CONF_DIR', 'SPARK_ANYTHING', 'PYSPARK_DRIVER_PYTHON'],
        ...['HADOOP_CONF_DIR', 'HADOOP_USER_NAME', 'YARN_CONF_DIR', 'HIVE_HOME', 'CLASSPATH'],
        ...['JAVA_TOOL_OPTIONS', 'JDK_JAVA_OPTIONS', '_JAVA_OPTIONS', 'LD_PRELOAD', 'LD_LIBRARY_PATH'],
        ...['PYTHONPATH', 'PYTHONOPTIMIZE', 'PYTHONSTARTUP', 'PYTHONWARNINGS', 'VIRTUAL_ENV', 'CONDA_PREFIX'],
        ...['BASH_ENV', 'ENV', 'LANDFALL_HOME', 'AWS_PROFILE', 'HTTPS_PROXY', 'https_proxy'],
      ].map((name) => [name, 'foreign']),
    );
    expect(JSON.stringify(stepEnvironment(foreign, folders))).not.toContain('foreign');
  });

  it.each(['C', 'POSIX', 'tr_TR.UTF-8', 'de_DE.ISO-8859-1', undefined])(
    'has a UTF-8 locale, and UTC, if LC_ALL is %s',
    (locale) => {
      expect(stepEnvironment({ LANG: locale, LC_ALL: locale, TZ: 'Asia/Kathmandu' }, folders)).toMatchObject({
        LANG: expect.stringMatching(/\.UTF-8$/),
        LC_ALL: expect.stringMatching(/\.UTF-8$/),
        PYTHONUTF8: '1',
        TZ: 'UTC',
      });
    },
  );

  it.each([undefined, '', '/', '/nowhere', 'relative'])('has a home folder if HOME is %s', (HOME) => {
    const env = stepEnvironment({ HOME: HOME === '/' ? '/proc/1' : HOME }, folders);
    expect(env['HOME']).toBe('/step/work');
    expect(stepEnvironment({ HOME: folder }, folders)['HOME']).toBe(folder);
  });

  it('has a PATH without the current folder', () => {
    expect(stepEnvironment({}, folders)['PATH']).toBe('/usr/local/bin:/usr/bin:/bin');
    expect(stepEnvironment({ PATH: '/mine' }, folders)['PATH']).toBe('/mine');
  });

  it('keeps temporary files in the step’s folder', () => {
    const env = stepEnvironment({ TMPDIR: '/nowhere', TMP: '/nowhere', TEMP: '/nowhere' }, folders);
    expect([env['TMPDIR'], env['TMP'], env['TEMP']]).toEqual(Array(3).fill('/step/scratch'));
  });
});

describe("a step's settings of Spark", () => {
  it.each(['/state', '/a b/"c"\\d', '/a,b'])('keep all temporary files below %s', (state) => {
    const paths = stepPaths(state);
    const conf = withStepConf({ 'spark.driver.extraJavaOptions': '-Dx=y' }, paths, {
      home: '/h',
      options: [],
    });
    expect(conf['spark.driver.extraJavaOptions']).toContain('-Dx=y ');
    expect(conf['spark.driver.extraJavaOptions']).toContain(javaWord(`-Djava.io.tmpdir=${paths.scratch}`));
    const item = state.includes(',') ? '../scratch' : paths.scratch;
    expect(conf).toMatchObject({
      'spark.local.dir': item,
      'spark.hadoop.fs.s3a.buffer.dir': item,
      'spark.hadoop.hadoop.tmp.dir': paths.scratch,
    });
    expect(conf['spark.driver.extraJavaOptions']).toContain('-XX:-UsePerfData');
  });
});

describe('a user without a name', () => {
  it('gets one, and a class that passes it to Hadoop', () => {
    const paths = { work: join(folder, 'work'), scratch: join(folder, 'scratch') };
    const options = namelessUserOptions(paths, undefined);
    expect(options).toContain(`-Duser.name=user-${String(process.getuid?.())}`);
    expect(options).toContain('--patch-module=jdk.security.auth=../scratch/nameless-user');
    const path = join(paths.scratch, 'nameless-user/com/sun/security/auth/module/UnixSystem.class');
    expect(readFileSync(path).subarray(0, 4).toString('hex')).toBe('cafebabe');
  });

  it('is not assumed for a user with a name', () => {
    expect(namelessUserOptions({ work: folder, scratch: folder }, 'ada')).toEqual([]);
  });
});
