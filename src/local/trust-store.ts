/** A trust store for Java, made from PEM certificates. It is written in Java's format JKS, since Java reads no PEM here. */
import { createHash, X509Certificate } from 'node:crypto';
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { LandfallError } from '../faults.ts';

/** Java's usual password of a trust store: it protects nothing, and keytool asks for it. */
const PASSWORD = 'changeit';
const TRUSTED_CERTIFICATE = 2;

/**
 * Makes the store in a folder, named by its content, and gives its path. Throws `input` when the text has no usable
 * certificates.
 */
export async function writeTrustStore(folder: string, pem: string): Promise<string> {
  const store = trustStore(certificatesIn(pem));
  const path = join(folder, `${createHash('sha256').update(store).digest('hex')}.jks`);
  const draft = `${path}.${String(process.pid)}.tmp`;
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await writeFile(draft, store, { mode: 0o600 });
  await rename(draft, path);
  return path;
}

/** In DER, each once. */
function certificatesIn(pem: string): Buffer[] {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  try {
    const found = new Map(blocks.map((block) => [block, new X509Certificate(block).raw]));
    if (found.size > 0) return [...found.values()];
  } catch (cause) {
    throw unusable('a certificate that cannot be read', cause);
  }
  throw unusable('no certificate');
}

function unusable(what: string, cause?: unknown): LandfallError {
  return new LandfallError('input', `AWS_CA_BUNDLE names a file with ${what}`, {
    next: 'set it to a file of PEM certificates, or unset it',
    cause,
  });
}

/** The same certificates make the same bytes: the entries' dates are all zero. */
function trustStore(certificates: readonly Buffer[]): Buffer {
  const entries = certificates.flatMap((certificate, at) => [
    int(TRUSTED_CERTIFICATE),
    text(`authority-${String(at)}`),
    Buffer.alloc(8),
    text('X.509'),
    int(certificate.length),
    certificate,
  ]);
  const body = Buffer.concat([int(0xfeedfeed), int(2), int(certificates.length), ...entries]);
  const digest = createHash('sha1')
    .update(Buffer.from(PASSWORD, 'utf16le').swap16())
    .update('Mighty Aphrodite')
    .update(body)
    .digest();
  return Buffer.concat([body, digest]);
}

function int(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

function text(ascii: string): Buffer {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(ascii.length);
  return Buffer.concat([length, Buffer.from(ascii)]);
}
