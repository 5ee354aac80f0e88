/** The real SDK clients against a scripted endpoint, and settings to launch with. */
import './one-realm.ts';
import { createEmrClients } from '../../src/emr/client.ts';
import type { EmrClients } from '../../src/emr/client.ts';
import type { LaunchSettings } from '../../src/emr/launch-settings.ts';

/** Short timeouts, and fake keys. */
export function clientsOf(endpoint: string): Promise<EmrClients> {
  return createEmrClients({
    endpoint,
    region: 'us-east-1',
    credentials: {
      accessKeyId: 'AKIDEXAMPLE',
      secretAccessKey: 'secret-canary',
      sessionToken: 'token-canary',
    },
    connectionTimeoutMs: 500,
    requestTimeoutMs: 500,
  });
}

export const launchSettings: LaunchSettings = {
  release: 'emr-7.13.0',
  applications: ['Spark'],
  instanceType: 'm5.xlarge',
  coreCount: 2,
  serviceRole: 'EMR_DefaultRole',
  jobFlowRole: 'EMR_EC2_DefaultRole',
  idleTimeoutSeconds: 600,
  tags: { team: 'plays & songs' },
  logUri: 's3://lake/_landfall/logs',
};
