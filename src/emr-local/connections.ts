/** How many connections the endpoint holds, and which one it closes for another. */
import type { Server } from 'node:http';
import type { Socket } from 'node:net';

const MOST = 128;

/**
 * Keeps at most 128 connections open. A new one displaces the oldest that has not yet carried a signed request, so
 * strangers, however many, never keep out a client that has the key. Returns the function to call for each signed
 * request.
 */
export function limitConnections(server: Server): (socket: Socket) => void {
  const open = new Set<Socket>();
  const signed = new WeakSet<Socket>();
  server.on('connection', (socket: Socket) => {
    if (open.size >= MOST) {
      const [oldest] = open;
      ([...open].find((one) => !signed.has(one)) ?? oldest)?.destroy();
    }
    open.add(socket);
    socket.once('close', () => open.delete(socket));
  });
  return (socket) => void signed.add(socket);
}
