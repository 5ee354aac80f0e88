/** Lists a run's inputs, and makes the sample that stands in for them on a laptop. */
import { join } from 'node:path';
import type { Settings } from '../config/settings.ts';
import { LandfallError, throwIfErrors } from '../faults.ts';
import type { Diagnostic } from '../faults.ts';
import type { Pipeline } from '../pipeline/contract.ts';
import type { SampleData } from '../pipeline/sample.ts';
import { archivedFinding, gatherArchived } from '../run/archived-inputs.ts';
import { checkInputs, manifestLines, readListing } from '../run/input-manifest.ts';
import type { Input } from '../run/input-manifest.ts';
import type { Store } from '../store/store.ts';
import { openInput } from './compose.ts';
import { packManifest } from './staged-manifest.ts';
import type { PackedManifest } from './staged-manifest.ts';
import type { CliContext } from '../cli/context.ts';

export interface Manifest extends PackedManifest {
  inputs: readonly Input[];
}

/** Lists every source once. Throws `input` when one has nothing to read, or objects that S3 has archived. */
export async function listInputs(settings: Settings, { printer }: CliContext): Promise<Manifest> {
  const inputs: Input[] = [];
  const archived: Diagnostic[] = [];
  for (const [source, uri] of Object.entries(settings.sources)) {
    const store = await openInput(uri, settings);
    printer.emit({ event: 'progress', message: `listing ${source}` });
    const listed = await readListing(source, uri, store.list(''));
    const isEmpty = listed.objects.length + listed.skipped === 0;
    const input = isEmpty ? await singleObject(source, uri, settings) : listed;
    inputs.push(input);
    archived.push(...(await archivedIn(store, input)));
  }
  throwIfErrors(archived, 'S3 has archived inputs; nothing was started');
  throwIfErrors(checkInputs(inputs), 'no input to run on; nothing was started');
  return { inputs, ...(await packManifest(manifestLines(inputs))) };
}

/** Of objects whose class does not tell, asks for a few: asking for each of a million would take hours. */
async function archivedIn(store: Store, { uri, archived }: Input): Promise<Diagnostic[]> {
  if (archived === undefined) return [];
  const asked = await Promise.all(archived.oldest.map((key) => store.head(key)));
  return archivedFinding(
    uri,
    archived,
    asked.filter((one) => one !== undefined),
  );
}

/** A source that is one object rather than a folder. */
async function singleObject(source: string, uri: string, settings: Settings): Promise<Input> {
  const cut = uri.lastIndexOf('/');
  const [folder, name] = [uri.slice(0, cut), uri.slice(cut + 1)];
  const nothing: Input = { source, uri, objects: [], bytes: 0, skipped: 0, skippedBy: {} };
  if (folder.endsWith('/') || name === '') return nothing;
  const found = await (await openInput(folder, settings)).head(name);
  if (found === undefined) return nothing;
  const archived = gatherArchived();
  archived.look(found);
  const { size, etag, lastModified } = found;
  const objects = [{ key: '', size, etag, modified: lastModified.getTime() }];
  return { ...nothing, objects, bytes: size, archived: archived.found() };
}

/**
 * Where a local run names no inputs, generates the sample that the pipeline describes and fills it in. Throws `input` naming
 * the keys to add otherwise.
 */
export async function withSample(
  settings: Settings,
  { name: pipeline, sources, sample }: Pick<Pipeline, 'name' | 'sources' | 'sample'>,
  local: boolean,
  cli: CliContext,
): Promise<Settings> {
  if (Object.keys(settings.sources).length > 0) return settings;
  const names = sources.map(({ name }) => name);
  const lacking = local ? whatSampleLacks(pipeline, names, sample) : [];
  if (!local || sample === undefined || lacking.length > 0) {
    throw new LandfallError('input', `no inputs are named: ${names.join(', ')}`, {
      why: lacking,
      next: `set ${names.map((name) => `[INPUT] ${name}`).join(' and ')} in dl.cfg, or give ${names.map((name) => `--${name.replaceAll('_', '-')}`).join(' and ')}`,
    });
  }
  const { generateSample } = await import('../local/generate-sample.ts');
  const { writeSample } = await import('../local/write-sample.ts');
  const folder = join(cli.cwd, 'sample');
  const { sources: places } = writeSample(folder, generateSample(sample));
  cli.printer.emit({
    event: 'note',
    message: `no inputs are named: using the generated sample in ${folder}`,
  });
  return {
    ...settings,
    sources: Object.fromEntries(Object.entries(places).map(([name, path]) => [name, `file://${path}`])),
  };
}

/** Why no sample can be generated; empty when one can. */
function whatSampleLacks(
  pipeline: string,
  sources: readonly string[],
  sample: SampleData | undefined,
): string[] {
  if (sample === undefined) return [`the pipeline ${pipeline} has no sample.yaml to generate a sample from`];
  const missing = sources.filter((source) => !sample.files.some((files) => files.source === source));
  return missing.length === 0 ? [] : [`sample.yaml describes no files of ${missing.join(', ')}`];
}
