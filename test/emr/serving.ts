/** For the tests of a file that imports this: EMR as the real SDK clients see it, at an endpoint with scripted answers. */
import { afterEach } from '@jest/globals';
import type { EmrClients } from '../../src/emr/client.ts';
import { createEmr } from '../../src/emr/emr.ts';
import type { Emr } from '../../src/run/ports.ts';
import { clientsOf, launchSettings } from '../support/emr-clients.ts';
import { scriptedEmr } from '../support/scripted-emr.ts';
import type { Input, ScriptedEmr } from '../support/scripted-emr.ts';

export let server: ScriptedEmr;
export let clients: EmrClients;

/** Each test calls it once; both are closed after it. */
export async function serving(answers: Record<string, (input: Input) => unknown>): Promise<Emr> {
  server = await scriptedEmr(answers);
  clients = await clientsOf(server.endpoint);
  return createEmr(clients, { launch: launchSettings });
}
afterEach(async () => {
  clients.destroy();
  await server.close();
});
