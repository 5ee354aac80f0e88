/** Joins ports to adapters. No verb's logic is in here. */
import type { Credentials } from '../config/credentials.ts';
import type { Settings } from '../config/settings.ts';
import type { EmrAccess } from '../emr/client.ts';
import type { EmrSettings } from '../emr/emr.ts';
import type { Reusable } from '../emr/reuse.ts';
import type { EndpointFile } from '../local/endpoint-file.ts';
import type { S3Access } from '../local/spark-conf.ts';
import { retryPolicy } from '../run/driven-run.ts';
import { sparingNotes } from '../run/sparing-notes.ts';
import type { Landing } from '../run/driven-run.ts';
import { guarded } from '../run/guard.ts';
import type { Journal } from '../run/journal.ts';
import type { Explain, Emr, Home, Lake, Ports } from '../run/ports.ts';
import { emrWithRetry, lakeWithRetry, objectsWithRetry } from '../run/with-retry.ts';
import type { RetryPolicy } from '../run/with-retry.ts';
import { openStore } from '../store/open.ts';
import { provenBeforeWriting } from '../store/proven.ts';
import type { ProvenStore } from '../store/proven.ts';
import type { S3Settings } from '../store/open.ts';
import type { Store } from '../store/store.ts';
import { bucketNameOf, relation } from '../store/uri.ts';
import { withoutUndefined } from '../without-undefined.ts';
import { whyNotUse } from './cluster-trust.ts';
import { logPace } from './log-pace.ts';
import { sha256 } from './sha256.ts';
import type { CliContext } from '../cli/context.ts';

/** The lake of these settings. Opening it sends no request; its first write proves create-if-absent. */
export async function openLake(
  settings: Settings,
  { random }: Pick<CliContext, 'random'>,
): Promise<ProvenStore> {
  return provenBeforeWriting(await lakeStore(settings), random.hex(8));
}

const lakeStore = (settings: Settings) => openStore(settings.lake.path, lakeAccess(settings));

function lakeAccess({ s3, aws }: Pick<Settings, 's3' | 'aws'>): S3Settings {
  return withoutUndefined({
    endpoint: s3.endpoint,
    region: s3.region,
    profile: aws.profile,
    credentials: revealed(aws.credentials),
    checksums: s3.checksums,
    kmsKeyId: s3.kmsKeyId,
    expectedBucketOwner: s3.bucketOwner,
  });
}

/** A source's root, with the access that inputs have: another region, or no account at all. */
export function openInput(uri: string, settings: Settings): Promise<Store> {
  const { s3, aws } = settings;
  return openStore(
    uri,
    withoutUndefined({
      endpoint: s3.endpoint,
      region: inputRegions(settings, [uri])[bucketNameOf(uri) ?? ''] ?? s3.region,
      checksums: s3.checksums,
      profile: aws.profile,
      credentials: s3.anonymousInput ? undefined : revealed(aws.credentials),
      anonymous: s3.anonymousInput ? true : undefined,
    }),
    'followed',
  );
}

/** Regions of the inputs' buckets, except the lake's bucket, which is in the lake's region. */
function inputRegions({ s3, lake }: Settings, inputs: readonly string[]): Record<string, string> {
  const { inputRegion } = s3;
  if (inputRegion === undefined) return {};
  const buckets = inputs.flatMap((uri) => bucketNameOf(uri) ?? []);
  const others = buckets.filter((bucket) => bucket !== bucketNameOf(lake.path));
  return Object.fromEntries(others.map((bucket) => [bucket, inputRegion]));
}

function revealed(credentials: Credentials | undefined) {
  if (credentials === undefined) return undefined;
  const { accessKeyId, secretAccessKey, sessionToken } = credentials;
  return {
    accessKeyId: accessKeyId.reveal(),
    secretAccessKey: secretAccessKey.reveal(),
    ...(sessionToken === undefined ? {} : { sessionToken: sessionToken.reveal() }),
  };
}

/** The environment of the local endpoint: its steps find S3 and the credentials for it there, and nowhere else. */
export function endpointEnvironment(
  { aws, s3 }: Settings,
  env: CliContext['env'],
): Record<string, string | undefined> {
  const credentials = revealed(aws.credentials);
  return {
    ...env,
    ...(aws.profile === undefined ? {} : { AWS_PROFILE: aws.profile }),
    ...(s3.endpoint === undefined ? {} : { AWS_ENDPOINT_URL_S3: s3.endpoint }),
    ...(s3.region === undefined ? {} : { AWS_REGION: s3.region }),
    AWS_REQUEST_CHECKSUM_CALCULATION: s3.checksums,
    ...(credentials === undefined
      ? {}
      : {
          AWS_ACCESS_KEY_ID: credentials.accessKeyId,
          AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
          AWS_SESSION_TOKEN: credentials.sessionToken,
        }),
  };
}

/** What Spark on this machine needs for these places; undefined when none of them is in S3. */
export function sparkS3Access(settings: Settings, places: readonly string[]): S3Access | undefined {
  if (!places.some((place) => place.startsWith('s3://'))) return undefined;
  const { s3 } = settings;
  const inputs = Object.values(settings.sources);
  const { kmsKeyId } = s3;
  const lake = bucketNameOf(settings.lake.path);
  return {
    endpoint: s3.endpoint,
    region: s3.region,
    anonymousBuckets: s3.anonymousInput ? inputs.flatMap((uri) => bucketNameOf(uri) ?? []) : [],
    bucketRegions: inputRegions(settings, inputs),
    bucketKeys: kmsKeyId === undefined || lake === undefined ? {} : { [lake]: kmsKeyId },
  };
}

/** How to reach EMR: the local endpoint where there is one, else AWS or what the settings name. */
export function emrAccess(
  { emr, aws }: Settings,
  endpoint: EndpointFile | undefined,
): EmrAccess & { local?: true } {
  if (endpoint !== undefined) {
    const { url, region, accessKeyId, secretAccessKey } = endpoint;
    return { endpoint: url, region, credentials: { accessKeyId, secretAccessKey }, local: true };
  }
  return withoutUndefined({
    endpoint: emr.endpoint,
    region: emr.region,
    profile: aws.profile,
    credentials: revealed(aws.credentials),
  });
}

export interface Connection {
  emr: Emr;
  explain: Explain;
  /** Clusters as a run would find them, for verbs that change nothing. */
  clusters: {
    reusable: () => Promise<Reusable>;
    /** Every reason why the cluster with that id cannot be used, whatever its pool; none when it can. */
    whyNot: (clusterId: string) => Promise<string[]>;
    /** Every reason why the run would not choose that cluster for reuse. */
    whyNotReuse: (clusterId: string) => Promise<string[]>;
  };
  /** The account and region of requests to EMR, as far as they are known here. */
  asked: () => Promise<Home>;
  close: () => void;
}

/** EMR through the SDK, which is loaded only here. */
export async function connectEmr(
  { clock, printer }: CliContext,
  access: EmrAccess & { local?: true },
  requests: EmrSettings,
  settings: Settings,
): Promise<Connection> {
  const [client, { createEmr }, reuse, { createExplain }, { clusterLogs }] = await Promise.all([
    import('../emr/client.ts'),
    import('../emr/emr.ts'),
    import('../emr/reuse.ts'),
    import('../emr/explain.ts'),
    import('../emr/cluster-logs.ts'),
  ]);
  const clients = await client.createEmrClients(access);
  const explain = createExplain({
    openStore: (uri) => openLogs(uri, settings),
    clock,
    describe: (clusterId) => clusterLogs(clients, clusterId),
    logUri: requests.launch.logUri,
    waiting: (message) => printer.emit({ event: 'note', message }),
    ...logPace(settings, access.local === true),
  });
  const { launch } = requests;
  const { release, applications } = launch;
  return {
    emr: createEmr(clients, requests),
    explain,
    clusters: {
      reusable: () => reuse.findReusable(clients, reuse.wantedFor(launch)),
      whyNot: (clusterId) => reuse.whyNot(clients, clusterId, { release, applications }),
      whyNotReuse: (clusterId) => reuse.whyNot(clients, clusterId, reuse.wantedFor(launch)),
    },
    asked: () => client.askedAs(clients),
    close: () => clients.destroy(),
  };
}

/** A LogUri in S3 or a folder, accessed as the lake is. Logs in the lake are not read through links, either. */
export async function openLogs(uri: string, settings: Settings): Promise<Store> {
  const store = await openStore(uri, lakeAccess(settings));
  const { lake } = settings;
  if (relation(store.uri, lake.path) === 'inside' && lake.path.startsWith('file:')) {
    await (await lakeStore(settings)).head(`${store.uri.slice(lake.path.length + 1)}/any`);
  }
  return store;
}

/** What the landing of a run's tables needs: no EMR. Calls are retried until `signal` aborts. */
export async function composeLanding(
  cli: CliContext,
  store: Store,
  driver: string,
  signal: AbortSignal,
): Promise<Landing['ports']> {
  const { policy } = retriesOf(cli, signal);
  const { clock, printer } = cli;
  return { clock, emit: printer.emit, lake: await composeLake(store, driver, policy) };
}

/** The ports of one driven run. Reads are retried until `signal` aborts; what creates something is sent once. */
export async function composePorts(
  cli: CliContext,
  { store, journal, trustLake = false }: Driven,
  { emr, explain, clusters }: Pick<Connection, 'emr' | 'explain' | 'clusters'>,
  signal: AbortSignal,
): Promise<Ports> {
  const { note, policy } = retriesOf(cli, signal);
  const { clock, random, printer } = cli;
  const { plan } = journal.state();
  return {
    clock,
    random,
    emit: printer.emit,
    note,
    explain,
    sha256,
    objects: objectsWithRetry(store, policy),
    lake: await composeLake(store, journal.driver, policy),
    emr: guarded(emrWithRetry(emr, policy), {
      run: plan.run,
      whyNotUse: async (id) =>
        trustLake ? undefined : whyNotUse(journal.state().plan.cluster, id, clusters),
    }),
  };
}

/** A driver's retries, which end when `signal` aborts, and its notes, about retries among others. */
function retriesOf({ clock, random, printer }: CliContext, signal: AbortSignal) {
  const note = sparingNotes({ clock, emit: printer.emit });
  return { note, policy: retryPolicy({ clock, random, note }, signal) };
}

async function composeLake(store: Store, driver: string, policy: RetryPolicy): Promise<Lake> {
  const { createLake } = await import('../lake/lake.ts');
  return lakeWithRetry(createLake(store, { driver }), policy);
}

interface Driven {
  store: Store;
  journal: Journal;
  /** `--trust-lake`: believes the journal about clusters. */
  trustLake?: boolean;
}
