/** Every verb that reads or changes a lake, as it is called about a run, within the test. */
import { run as attach } from '../../src/commands/attach.ts';
import { run as cancel } from '../../src/commands/cancel.ts';
import { run as gc } from '../../src/commands/gc.ts';
import { run as logs } from '../../src/commands/logs.ts';
import { run as plan } from '../../src/commands/plan.ts';
import { run as publish } from '../../src/commands/publish.ts';
import { run as quarantine } from '../../src/commands/quarantine.ts';
import { run as retry } from '../../src/commands/retry.ts';
import { run as rollback } from '../../src/commands/rollback.ts';
import { run as runs } from '../../src/commands/runs.ts';
import { run as status } from '../../src/commands/status.ts';
import { run as submit } from '../../src/commands/submit.ts';
import { run as verify } from '../../src/commands/verify.ts';
import type { Command, Flags } from '../../src/commands/world.ts';

export interface LakeVerb {
  /** As it is typed, without the flags that name the lake and its inputs. */
  name: string;
  call: Command;
  flags: Flags;
}

/** How long a verb follows a run, in seconds of the fast clock. */
const timeout = 50;

/** Verbs that change nothing. */
export function lookingVerbs(run: string): LakeVerb[] {
  return [
    { name: `status ${run}`, call: status, flags: { run } },
    { name: 'status', call: status, flags: {} },
    { name: 'runs', call: runs, flags: {} },
    { name: `logs --run ${run}`, call: logs, flags: { run } },
    { name: `quarantine ${run}`, call: quarantine, flags: { run } },
    { name: `verify ${run}`, call: verify, flags: { run } },
    { name: 'verify', call: verify, flags: {} },
    { name: 'rollback --dry-run', call: rollback, flags: { 'dry-run': true } },
    { name: 'rollback 1 --dry-run', call: rollback, flags: { number: '1', 'dry-run': true } },
    { name: 'gc', call: gc, flags: { keep: 1 } },
    { name: 'plan', call: plan, flags: { cluster: 'new' } },
  ];
}

/** Verbs that may change the lake, or ask EMR for something. */
export function changingVerbs(run: string): LakeVerb[] {
  return [
    { name: `attach ${run}`, call: attach, flags: { run, timeout } },
    { name: `attach ${run} --take-over`, call: attach, flags: { run, timeout, 'take-over': true } },
    { name: `retry ${run}`, call: retry, flags: { run, timeout } },
    { name: `cancel ${run}`, call: cancel, flags: { run, timeout } },
    { name: `publish ${run}`, call: publish, flags: { run } },
    { name: `publish ${run} --rebase`, call: publish, flags: { run, rebase: true } },
    { name: 'rollback', call: rollback, flags: {} },
    { name: 'rollback 1', call: rollback, flags: { number: '1' } },
    { name: 'rollback 3', call: rollback, flags: { number: '3' } },
    { name: 'gc --yes', call: gc, flags: { keep: 1, yes: true } },
    {
      name: `submit --run-id ${run}`,
      call: submit,
      flags: { cluster: 'new', 'run-id': run, timeout },
    },
  ];
}
