/** What goes wrong, as plain data: faults of single calls and events in the life of clusters. */
import { z } from 'zod';

/** What `error-before` and `error-after` can answer, with the HTTP status that goes with it. */
export const ERROR_CODES = {
  ThrottlingException: 400,
  InternalServerException: 500,
  ServiceUnavailableException: 503,
  ExpiredTokenException: 400,
  AccessDeniedException: 400,
} as const;
export type ErrorCode = keyof typeof ERROR_CODES;

const ordinal = z.number().int().min(1);
const seconds = z.number().min(0).max(86_400);
/** Calls are counted for each fault by itself, from 1: the `nth` that match, and `count` of them. */
const calls = { on: z.string(), nth: ordinal.default(1), count: ordinal.default(1) };
const error = {
  ...calls,
  code: z.enum(Object.keys(ERROR_CODES) as [ErrorCode]),
  message: z.string().optional(),
};

const fault = z.discriminatedUnion('fault', [
  z.strictObject({ fault: z.literal('error-before'), ...error }),
  z.strictObject({ fault: z.literal('error-after'), ...error }),
  z.strictObject({ fault: z.literal('reset-before'), ...calls }),
  z.strictObject({ fault: z.literal('reset-after'), ...calls }),
  z.strictObject({ fault: z.literal('hang'), ...calls, seconds, when: z.enum(['before', 'after']) }),
  z.strictObject({ fault: z.literal('delayed'), ...calls, seconds }),
  z.strictObject({ fault: z.literal('truncate'), ...calls }),
  z.strictObject({ fault: z.literal('slow'), ...calls, ms: z.number().min(0).max(86_400_000) }),
  z.strictObject({ fault: z.literal('late'), ...calls, seconds }),
  z.strictObject({ fault: z.literal('stale'), ...calls, seconds: seconds.default(10) }),
  z.strictObject({
    fault: z.literal('unknown-state'),
    ...calls,
    state: z.string().min(1).default('HIBERNATING'),
  }),
]);

/** Clusters are counted in the order of their launch, from 1. */
const clusters = { nth: ordinal.default(1), count: ordinal.default(1) };
const withMessage = { ...clusters, message: z.string().optional() };
/**
 * `after` alone: seconds since the launch. With `step`: since that many steps of the cluster have started. Neither: at
 * the first step.
 */
const moment = { ...withMessage, after: seconds.optional(), step: ordinal.optional() };

const event = z.discriminatedUnion('event', [
  z.strictObject({ event: z.literal('spot-loss'), ...moment }),
  z.strictObject({ event: z.literal('internal-error'), ...moment }),
  z.strictObject({ event: z.literal('validation-error'), ...withMessage }),
  z.strictObject({ event: z.literal('fleet-timeout'), ...withMessage }),
  z.strictObject({ event: z.literal('bootstrap-failure'), ...withMessage, stderr: z.string().optional() }),
  z.strictObject({ event: z.literal('logs-never'), ...clusters }),
]);

export const faultPlanShape = z.strictObject({
  faults: z.array(fault).default([]),
  events: z.array(event).default([]),
});

export type FaultPlan = z.infer<typeof faultPlanShape>;
/** A plan as it may be written: what has a default may be left out. */
export type FaultPlanInput = z.input<typeof faultPlanShape>;
export type Fault = FaultPlan['faults'][number];
export type WorldEvent = FaultPlan['events'][number];
