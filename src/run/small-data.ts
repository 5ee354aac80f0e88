/** Whether the inputs of a run are so small that starting Spark is most of the work. Pure. */
import type { RunPlan } from './plan.ts';

const SMALL_BYTES = 300e6;

export const isSmall = ({ sources }: Pick<RunPlan, 'sources'>): boolean =>
  sources.reduce((sum, { bytes }) => sum + bytes, 0) < SMALL_BYTES;

/** How the JVM of a local run is set up, and why. */
export const jvmReason = (plan: Pick<RunPlan, 'sources'>): string =>
  isSmall(plan)
    ? 'inputs of less than 300 MB: its JVM compiles quickly and collects with one thread'
    : 'inputs of 300 MB or more: its JVM optimises what it compiles';
