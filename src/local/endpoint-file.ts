/** `endpoint.json`: how an endpoint tells drivers its address and its key. */
import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { makePrivate, readPrivate, whyNotPrivate } from './private-folder.ts';

const MAX_BYTES = 64 * 1024;

const shape = z.object({
  version: z.literal(2),
  /** Endpoints listen on loopback alone. */
  url: z.string().regex(/^http:\/\/127\.0\.0\.1:\d{1,5}$/),
  pid: z.number().int().min(2),
  /** `identityOf` the process, so that another one with its pid is not taken for it. */
  process: z.string(),
  accessKeyId: z.string().min(1),
  secretAccessKey: z.string().min(1),
  region: z.string().min(1),
});

export type EndpointFile = Omit<z.infer<typeof shape>, 'version'>;

/** Writes the file in one move, readable by its owner alone. Throws `input` when the folder is not ours alone. */
export function writeEndpointFile(stateFolder: string, endpoint: EndpointFile): void {
  makePrivate(stateFolder);
  const path = pathIn(stateFolder);
  rmSync(`${path}.tmp`, { force: true });
  writeFileSync(`${path}.tmp`, `${JSON.stringify({ version: 2, ...endpoint })}\n`, {
    mode: 0o600,
    flag: 'wx',
  });
  renameSync(`${path}.tmp`, path);
}

/** Undefined when there is no such file, when it cannot be read, or when someone else may have put it there. */
export function readEndpointFile(stateFolder: string): EndpointFile | undefined {
  if (whyNotPrivate(stateFolder) !== undefined) return undefined;
  const text = readPrivate(pathIn(stateFolder), MAX_BYTES);
  if (text === undefined) return undefined;
  try {
    const { version, ...endpoint } = shape.parse(JSON.parse(text));
    return endpoint;
  } catch {
    return undefined;
  }
}

export function removeEndpointFile(stateFolder: string): void {
  rmSync(pathIn(stateFolder), { force: true });
}

function pathIn(stateFolder: string): string {
  return join(stateFolder, 'endpoint.json');
}
