/** How an endpoint proves that it knows its key without revealing it: an HMAC over the question. */
import { createHmac, timingSafeEqual } from 'node:crypto';

const PATH = /^\/landfall-proof\?nonce=([0-9a-f]{32})$/;

/** Asked by GET, unsigned; the answer is `{"proof": "..."}`. `nonce`: 16 random bytes in hex. */
export const proofPath = (nonce: string) => `/landfall-proof?nonce=${nonce}`;

/** The nonce that this path asks a proof for; undefined for any other path. */
export function nonceIn(path: string | undefined): string | undefined {
  return path === undefined ? undefined : PATH.exec(path)?.[1];
}

/** The port is part of the proof, so another process cannot relay the question to the endpoint and the answer back. */
export function proofOf(secretAccessKey: string, port: number, nonce: string): string {
  return createHmac('sha256', secretAccessKey)
    .update(`landfall endpoint\n127.0.0.1:${port}\n${nonce}`)
    .digest('hex');
}

export function isProof(claimed: string, expected: string): boolean {
  const [one, other] = [Buffer.from(claimed), Buffer.from(expected)];
  return one.length === other.length && timingSafeEqual(one, other);
}
