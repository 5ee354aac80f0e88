/** `endpoint.json`: how an endpoint tells where it is and by which key it may be spoken to. */
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

const shape = z.object({
  version: z.literal(1),
  url: z.url(),
  pid: z.number().int().positive(),
  accessKeyId: z.string(),
  secretAccessKey: z.string(),
  region: z.string(),
});

export type EndpointFile = Omit<z.infer<typeof shape>, 'version'>;

/** Writes the file in one move, readable by its owner alone, in a folder that is too. */
export function writeEndpointFile(stateFolder: string, endpoint: EndpointFile): void {
  mkdirSync(stateFolder, { recursive: true, mode: 0o700 });
  const path = pathIn(stateFolder);
  writeFileSync(`${path}.tmp`, `${JSON.stringify({ version: 1, ...endpoint })}\n`, { mode: 0o600 });
  renameSync(`${path}.tmp`, path);
}

/** Undefined when there is none, or none that can be read. */
export function readEndpointFile(stateFolder: string): EndpointFile | undefined {
  try {
    const { url, pid, accessKeyId, secretAccessKey, region } = shape.parse(
      JSON.parse(readFileSync(pathIn(stateFolder), 'utf8')),
    );
    return { url, pid, accessKeyId, secretAccessKey, region };
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
