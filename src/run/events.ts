/** The events that a run emits. */
import type { Advice } from '../shell-words.ts';
import type { RunPlan } from './plan.ts';
import type { Finding, LandedTable } from './verification.ts';
import type { StepReport } from '../pipeline/report.ts';

export type Phase = 'plan' | 'stage' | 'cluster' | 'steps' | 'verify' | 'publish' | 'mirror';

export type Verdict = 'succeeded' | 'failed' | 'cancelled';

export type RunEvent =
  | { event: 'planned'; plan: RunPlan }
  | { event: 'phase-started'; phase: Phase }
  | { event: 'phase-ended'; phase: Phase; ms: number }
  /** Progress of long work that is not EMR's: downloads, uploads, mirroring. */
  | { event: 'progress'; message: string; done?: number; total?: number }
  | { event: 'cluster'; id: string; state: string; reason?: string; elapsedMs: number }
  | { event: 'step'; step: string; attempt: number; id: string; state: string; elapsedMs: number }
  /** Something worth a line: a resend, an adopted cluster, a duplicate cancelled. */
  | { event: 'note'; message: string }
  /** `next`: what to do about it. */
  | { event: 'warning'; message: string; next?: Advice }
  | {
      event: 'verified';
      tables: readonly LandedTable[];
      reports: readonly StepReport[];
      findings: readonly Finding[];
    }
  | { event: 'published'; number: number }
  | { event: 'finished'; run: string; verdict: Verdict };
