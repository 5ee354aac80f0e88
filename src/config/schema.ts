/** Every setting: where it is written, what it may be, and its default. */
import {
  bytes,
  credential,
  location,
  oneOf,
  path,
  pattern,
  seconds,
  share,
  someOf,
  tags,
  text,
  url,
  wholeNumber,
  yesNo,
} from './types.ts';
import { foldName } from './ini-file.ts';
import type { Entry } from './ini-file.ts';
import type { ValueType } from './value-type.ts';

export interface Setting<T> {
  /** One line, for the reference table and dl.cfg.example. */
  doc: string;
  type: ValueType<T>;
  /** As it would be written in dl.cfg. */
  default?: string;
  /** Shown in dl.cfg.example when there is no default, and suggested in place of a placeholder. */
  example?: string;
  /** The key in dl.cfg, when it is not the property's name in snake case. */
  key?: string;
  /** Environment variables, first one wins; otherwise `LANDFALL_<SECTION>_<KEY>`. */
  env?: readonly string[];
  /** Without the dashes. */
  flag?: string;
  secret?: true;
}

type About = Omit<Setting<unknown>, 'type'>;

const setting = <T>(type: ValueType<T>, about: About & { default: string }): Setting<T> => ({
  ...about,
  type,
});
const optional = <T>(type: ValueType<T>, about: Omit<About, 'default'>): Setting<T | undefined> => ({
  ...about,
  type,
});

const WEEK = 604_800;
const region = pattern('an AWS region', /^[a-z]{2,}(-[a-z]+)+-\d+$/, 'us-west-2');
const role = pattern('the name or ARN of a role', /^[\w+=,.@:/-]+$/, 'EMR_DefaultRole');

const lake = {
  path: setting(location, {
    doc: 'Where the tables land: an s3:// URI or a local folder.',
    default: './lake',
    example: 's3://my-bucket/lake',
    env: ['LANDFALL_LAKE'],
    flag: 'lake',
  }),
  logs: optional(location, {
    doc: "Where EMR puts the cluster's logs (LogUri). Without it: <lake>/_landfall/logs/.",
    example: 's3://my-bucket/emr-logs/',
  }),
};

const pipeline = {
  path: optional(path, {
    doc: 'Folder of the pipeline, which holds pipeline.yaml. Without it: the one that comes with Landfall.',
    example: 'my-pipeline',
    env: ['LANDFALL_PIPELINE'],
    flag: 'templates',
  }),
};

const emr = {
  region: optional(region, {
    doc: 'Region of the cluster.',
    example: 'us-west-2',
    env: ['AWS_REGION', 'AWS_DEFAULT_REGION'],
  }),
  endpoint: optional(url, {
    doc: 'EMR API endpoint, when it is not AWS.',
    example: 'http://127.0.0.1:4566',
    env: ['AWS_ENDPOINT_URL_EMR', 'AWS_ENDPOINT_URL'],
  }),
  release: setting(pattern('an EMR release', /^emr-(spark-)?\d+\.\d+\.\d+$/, 'emr-7.13.0'), {
    doc: 'Release label.',
    default: 'emr-7.13.0',
  }),
  instanceType: setting(pattern('an instance type', /^[a-z0-9-]+\.[a-z0-9-]+$/, 'm5.xlarge'), {
    doc: 'Instance type of the primary and core nodes.',
    default: 'm5.xlarge',
  }),
  coreCount: setting(wholeNumber(0, 1000), { doc: 'Core nodes; 0 is a cluster of one node.', default: '2' }),
  subnet: optional(pattern('a subnet id', /^subnet-[0-9a-f]+$/, 'subnet-0a1b2c3d'), {
    doc: 'Subnet to launch into.',
    example: 'subnet-0a1b2c3d',
  }),
  keyName: optional(text, { doc: 'EC2 key pair for SSH.', example: 'my-key' }),
  serviceRole: setting(role, { doc: 'Role that EMR itself assumes.', default: 'EMR_DefaultRole' }),
  jobFlowRole: setting(role, { doc: 'Instance profile of the nodes.', default: 'EMR_EC2_DefaultRole' }),
  idleTimeout: setting(seconds(60, WEEK), {
    doc: 'Seconds without work after which a cluster that Landfall launched terminates itself.',
    default: '600',
  }),
  applications: setting(oneOf('joined', 'per_step'), {
    doc: 'Whether a step joins the Spark application of the steps that it reads, or each has its own.',
    default: 'joined',
  }),
  stepTimeout: setting(seconds(0, WEEK), { doc: 'Seconds a step may take; 0 is no limit.', default: '0' }),
  logWait: setting(seconds(0, 3600), {
    doc: 'Seconds to wait for the logs of a failure; EMR uploads them within ten minutes.',
    default: '600',
  }),
  settleSeconds: setting(seconds(0, 3600), {
    doc: 'Seconds to wait before concluding that a create request had no effect.',
    default: '60',
  }),
  keepAlive: setting(yesNo, {
    doc: 'Leave a cluster that Landfall launched running after the run, until its idle timeout.',
    default: 'no',
    flag: 'keep-alive',
  }),
  tags: optional(tags, { doc: 'Tags of the cluster.', example: 'team=data, project=lake' }),
  pool: optional(text, {
    doc: '`--cluster reuse` takes only clusters of this pool (tag landfall:pool).',
    example: 'nightly',
  }),
  clusterJson: optional(path, {
    doc: "A RunJobFlow request in the API's own shape, for settings without a key here.",
    example: 'cluster.json',
  }),
};

const tables = {
  targetFileSize: setting(bytes(2 ** 20, 5 * 2 ** 30), {
    doc: 'Size at which a data file is full.',
    default: '256 MB',
  }),
};

const checks = {
  maxQuarantined: setting(share, {
    doc: "Largest share of a source's lines that may be quarantined before the run fails.",
    default: '1%',
  }),
};

const s3 = {
  endpoint: optional(url, {
    doc: 'S3 API endpoint, when it is not AWS.',
    example: 'http://127.0.0.1:9000',
    env: ['AWS_ENDPOINT_URL_S3', 'AWS_ENDPOINT_URL'],
  }),
  region: optional(region, {
    doc: "Region of the lake's bucket, when it is not the cluster's.",
    example: 'us-west-2',
  }),
  inputRegion: optional(region, {
    doc: "Region of the input's bucket, when it is another one.",
    example: 'us-west-2',
  }),
  anonymousInput: setting(yesNo, {
    doc: 'Read the input without credentials, for public buckets.',
    default: 'no',
  }),
  kmsKeyId: optional(text, {
    doc: 'KMS key that encrypts the objects of the lake.',
    example: 'alias/my-key',
  }),
  checksums: setting(oneOf('when_supported', 'when_required'), {
    doc: 'When requests carry checksums; when_required for a store that does not support the newer ones.',
    default: 'when_supported',
    env: ['AWS_REQUEST_CHECKSUM_CALCULATION'],
  }),
  bucketOwner: optional(pattern('an AWS account id', /^\d{12}$/, '123456789012'), {
    doc: "Account that must own the lake's bucket.",
    example: '123456789012',
  }),
};

const aws = {
  profile: optional(text, { doc: 'Profile of ~/.aws/config.', example: 'default', env: ['AWS_PROFILE'] }),
  accessKeyId: optional(credential, {
    doc: 'Better left out: the SDK finds environment, profile, SSO and roles without it.',
    key: 'AWS_ACCESS_KEY_ID',
    env: [],
    secret: true,
  }),
  secretAccessKey: optional(credential, {
    doc: 'Better left out.',
    key: 'AWS_SECRET_ACCESS_KEY',
    env: [],
    secret: true,
  }),
  sessionToken: optional(credential, {
    doc: 'Better left out.',
    key: 'AWS_SESSION_TOKEN',
    env: [],
    secret: true,
  }),
};

/** Sections in the order of dl.cfg.example. The keys of `[INPUT]`, and some of `[TABLES]`, come from the pipeline. */
export const schema = { lake, pipeline, emr, tables, checks, s3, aws };

type ValueOf<S> = S extends Setting<infer T> ? T : never;
export type ValuesOf<S> = {
  readonly [Section in keyof S]: { readonly [Key in keyof S[Section]]: ValueOf<S[Section][Key]> };
};

/** A setting with its names spelled out. */
export interface NamedSetting extends Setting<unknown> {
  /** `emr.coreCount`: its place in Settings, and its key in `origins`. */
  id: string;
  /** `EMR` */
  section: string;
  /** `core_count` */
  key: string;
  env: readonly string[];
}

/** A setting of the pipeline: each has a flag of its name. */
export type PipelineSetting = NamedSetting & { flag: string };

/** Where a source is. */
export type SourceSetting = PipelineSetting & { example: string };

/** What a pipeline lets users set: where its sources are, and its parameters. */
export interface PipelineKeys {
  sources: readonly string[];
  parameters: readonly ParameterKey[];
}

/** A parameter of the pipeline: one word, or a list of some. */
export type ParameterKey = { name: string; doc: string; words: readonly string[] } & (
  { kind: 'choice'; default: string } | { kind: 'list'; default: readonly string[] }
);

/** All settings in order, those of the pipeline included. */
export function namedSettings({ sources, parameters }: PipelineKeys): NamedSetting[] {
  const named = Object.entries(schema).flatMap(([section, settings]) =>
    Object.entries<Setting<unknown>>(settings).map(([property, about]) => name(section, property, about)),
  );
  const startOf = (wanted: string) => named.findIndex(({ section }) => section === wanted);
  return [
    ...named.slice(0, startOf('PIPELINE')),
    ...sources.map(sourceSetting),
    ...named.slice(startOf('PIPELINE'), startOf('TABLES')),
    ...parameters.map(parameterSetting),
    ...named.slice(startOf('TABLES')),
  ];
}

/** True for a line of dl.cfg that is written under this setting's own name. */
export function isKeyOf(setting: NamedSetting, { section, key }: Entry): boolean {
  return foldName(setting.section) === foldName(section) && foldName(setting.key) === foldName(key);
}

/** The settings of the pipeline itself: its sources, then its parameters. */
export function pipelineSettings({ sources, parameters }: PipelineKeys): PipelineSetting[] {
  return [...sources.map(sourceSetting), ...parameters.map(parameterSetting)];
}

export function parameterSetting(parameter: ParameterKey): PipelineSetting & { env: readonly [string] } {
  const { name: key, doc, words } = parameter;
  return {
    id: `parameters.${key}`,
    section: 'TABLES',
    key,
    doc,
    type: parameter.kind === 'choice' ? oneOf(...words) : someOf(words),
    default: parameter.kind === 'choice' ? parameter.default : parameter.default.join(', '),
    env: [`LANDFALL_TABLES_${key.toUpperCase()}`],
    flag: key.replaceAll('_', '-'),
  };
}

function name(section: string, property: string, about: Setting<unknown>): NamedSetting {
  const key = about.key ?? property.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  const env = about.env ?? [`LANDFALL_${section}_${key}`.toUpperCase()];
  return { ...about, id: `${section}.${property}`, section: section.toUpperCase(), key, env };
}

export function sourceSetting(source: string): SourceSetting {
  return {
    id: `sources.${source}`,
    section: 'INPUT',
    key: source,
    doc: `Root of ${source}: an s3:// URI or a local folder.`,
    type: location,
    example: `s3://my-bucket/${source}`,
    env: [`LANDFALL_${source.toUpperCase()}`],
    flag: source.replaceAll('_', '-'),
  };
}
