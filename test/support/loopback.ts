/** Where the HTTP servers of tests listen. */
import type { Server } from 'node:http';
import type { Server as TlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';

export interface Listening {
  /** `127.0.0.1:40123`. */
  address: string;
  /** Closes open connections. */
  stop(): Promise<void>;
}

/** Makes a server listen on a free port of loopback. */
export async function listening(server: Server | TlsServer): Promise<Listening> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    address: `127.0.0.1:${String((server.address() as AddressInfo).port)}`,
    stop: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
