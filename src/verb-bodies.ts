/** What each verb does. A body is loaded only when its verb is called. */
import type { VerbName } from './cli/verbs.ts';
import type { VerbBody } from './cli/context.ts';

export const verbBodies: Readonly<Record<VerbName, () => Promise<VerbBody>>> = {
  submit: () => import('./commands/submit.ts'),
  plan: () => import('./commands/plan.ts'),
  render: () => import('./commands/render.ts'),
  attach: () => import('./commands/attach.ts'),
  retry: () => import('./commands/retry.ts'),
  cancel: () => import('./commands/cancel.ts'),
  status: () => import('./commands/status.ts'),
  runs: () => import('./commands/runs.ts'),
  logs: () => import('./commands/logs.ts'),
  verify: () => import('./commands/verify.ts'),
  publish: () => import('./commands/publish.ts'),
  publications: () => import('./commands/publications.ts'),
  rollback: () => import('./commands/rollback.ts'),
  quarantine: () => import('./commands/quarantine.ts'),
  gc: () => import('./commands/gc.ts'),
  'emr-local': () => import('./commands/emr-local.ts'),
};
