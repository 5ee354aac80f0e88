/** The SDK clients of EMR: one for calls that create something, one for all others. */
import { EMRClient } from '@aws-sdk/client-emr';
import type { Env } from '../env.ts';
import { LandfallError } from '../faults.ts';
import { noticeClockJumps } from './clock-jump.ts';
import type { Home } from '../run/ports.ts';
import { renewExpiredCredentials, REREAD_FILES } from '../store/expired-credentials.ts';
import { requestHandler } from '../store/request-handler.ts';

/** Where EMR is and as whom to call it. What is absent comes from the SDK's own chain (environment, profile, role). */
export interface EmrAccess {
  endpoint?: string;
  region?: string;
  /** A profile of the AWS configuration files: its credentials, its region, its endpoint. */
  profile?: string;
  credentials?: { accessKeyId: string; secretAccessKey: string; sessionToken?: string };
  /** Milliseconds; 5,000 when absent. */
  connectionTimeoutMs?: number;
  /** Milliseconds from sending a request to the head of its answer, and between two pieces of it; 30,000 when absent. */
  requestTimeoutMs?: number;
}

export interface EmrClients {
  /** RunJobFlow and AddJobFlowSteps: sent once, on a connection of its own, for they have no client token. */
  creating: EMRClient;
  /** Reads, and the calls that may be repeated (cancel, terminate): three quick attempts. */
  reading: EMRClient;
  /** Closes the connections that were kept open. */
  destroy: () => void;
}

/** Makes the clients. Sends nothing. Throws `input` when no region is configured anywhere. `env` names proxies. */
export async function createEmrClients(access: EmrAccess = {}, env: Env = process.env): Promise<EmrClients> {
  const creating = createClient(access, env, { maxAttempts: 1, keepAlive: false });
  const reading = createClient(access, env, { maxAttempts: 3, keepAlive: true });
  try {
    await reading.config.region();
  } catch (cause) {
    throw new LandfallError('input', 'no AWS region is configured for EMR', {
      next: 'set region in dl.cfg, AWS_REGION in the environment, or a region in the AWS profile',
      cause,
    });
  }
  return {
    creating,
    reading,
    destroy: () => {
      creating.destroy();
      reading.destroy();
    },
  };
}

/** Region and account of the calls, without asking AWS: not every kind of credentials knows its account. */
export async function askedAs({ reading }: EmrClients): Promise<Home> {
  const region = await reading.config.region();
  const { accountId } = await reading.config.credentials().catch(() => ({ accountId: undefined }));
  return { region, ...(accountId === undefined ? {} : { account: accountId }) };
}

/** A kept connection that the other side has just closed would make a creating call's answer ambiguous: hence none. */
function createClient(
  access: EmrAccess,
  env: Env,
  how: { maxAttempts: number; keepAlive: boolean },
): EMRClient {
  const {
    endpoint,
    region,
    profile,
    credentials,
    connectionTimeoutMs = 5_000,
    requestTimeoutMs = 30_000,
  } = access;
  const client = new EMRClient({
    ...REREAD_FILES,
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(region === undefined ? {} : { region }),
    ...(profile === undefined ? {} : { profile }),
    ...(credentials === undefined ? {} : { credentials }),
    maxAttempts: how.maxAttempts,
    retryMode: 'standard',
    requestHandler: requestHandler(env, {
      connectMs: connectionTimeoutMs,
      answerMs: requestTimeoutMs,
      keepAlive: how.keepAlive,
      maxSockets: 8,
    }),
  });
  renewExpiredCredentials(client, profile);
  noticeClockJumps(client);
  return client;
}
