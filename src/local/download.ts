/** Downloads a file once, verifies its checksum, and only then gives it its name. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { Env } from '../env.ts';
import { LandfallError } from '../faults.ts';
import type { Clock } from '../run/ports.ts';
import { sizeOf, watched } from './progress.ts';
import type { Progress } from './progress.ts';
import type { Run } from './run-command.ts';

export interface Download {
  url: string;
  /** The target. A file that is already there is trusted. */
  path: string;
  sha256: string;
  bytes: number;
}

export interface DownloadTools {
  /** An interpreter with pip: it honours HTTPS_PROXY, NO_PROXY and pip's certificates, which Node's fetch does not. */
  python: string;
  run: Run;
  env: Env;
  clock: Clock;
  progress: Progress;
  signal?: AbortSignal | undefined;
}

const FETCH = `import os, shutil, ssl, sys, urllib.request
url, path = sys.argv[1:]
context = ssl.create_default_context()
try:
    from pip._vendor import certifi
    context.load_verify_locations(certifi.where())
except Exception:
    pass
for name in ("PIP_CERT", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
    authorities = os.environ.get(name)
    if authorities:
        try:
            context.load_verify_locations(**{"capath" if os.path.isdir(authorities) else "cafile": authorities})
        except Exception as error:
            sys.exit("%s names no certificates that can be read: %s" % (name, error))
have = os.path.getsize(path) if os.path.exists(path) else 0
request = urllib.request.Request(url, headers={"Range": "bytes=%d-" % have} if have else {})
opener = urllib.request.build_opener(urllib.request.HTTPSHandler(context=context))
try:
    with opener.open(request, timeout=60) as answer, open(path, "ab" if answer.status == 206 else "wb") as out:
        shutil.copyfileobj(answer, out, 1 << 20)
except Exception as error:
    sys.exit("%s: %s" % (type(error).__name__, error))
`;
const TRIES = 3;

/** Resumes an earlier download that broke off. Throws `input` when the download fails, or its checksum is wrong. */
export async function download(wanted: Download, tools: DownloadTools): Promise<void> {
  if ((await sizeOf(wanted.path)) === wanted.bytes) return;
  const part = `${wanted.path}.part`;
  await mkdir(dirname(wanted.path), { recursive: true });
  const message = `downloading ${basename(wanted.path)}`;
  const report = async () => tools.progress({ message, done: await sizeOf(part), total: wanted.bytes });
  await report();
  const reason = await watched(tools.clock, fetchWhole(wanted, part, tools), report);
  if (reason !== undefined) {
    throw new LandfallError('input', `${wanted.url} could not be downloaded`, {
      why: [reason],
      next: 'check the network and HTTPS_PROXY, or name a mirror in LANDFALL_MAVEN, then run this again: it resumes from here',
    });
  }
  const found = await sha256(part);
  if (found !== wanted.sha256) {
    await rm(part, { force: true });
    throw new LandfallError('input', `${wanted.url} has the wrong checksum`, {
      why: [`its SHA-256 is ${found}, not ${wanted.sha256}`],
      next: 'something on the way replaced it: try another network or mirror (LANDFALL_MAVEN)',
    });
  }
  await rename(part, wanted.path);
}

/** The reason why the file is not whole, or undefined when it is. */
async function fetchWhole(
  { url, bytes }: Download,
  part: string,
  tools: DownloadTools,
): Promise<string | undefined> {
  let reason: string | undefined;
  for (let attempt = 1; attempt <= TRIES && tools.signal?.aborted !== true; attempt += 1) {
    const have = await sizeOf(part);
    if (have === bytes) return undefined;
    if (have > bytes) await rm(part, { force: true });
    const { env, signal } = tools;
    const { output } = await tools.run(tools.python, ['-c', FETCH, url, part], { env, signal });
    const got = await sizeOf(part);
    if (got === bytes) return undefined;
    reason = output.trim().replace(/^.*\n/s, '');
    if (reason === '') reason = `it has ${got} bytes instead of ${bytes}`;
    await tools.clock.sleep(1000 * attempt, signal);
  }
  return reason ?? 'it was interrupted';
}

async function sha256(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}
