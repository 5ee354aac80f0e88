/** Members that many requests have, as EMR checks them. */
import { z } from 'zod';

/** What EMR accepts as text: no control characters except line breaks and tabs, no lone surrogates. */
const XML = /^[\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}\r\n\t]*$/u;

export const name = z.string().max(256).regex(XML);
export const text = z.string().max(10_280).regex(XML);
export const clusterId = z.string().max(256);
export const flag = z.boolean();
export const whole = z.number().int().min(0);
export const marker = z.string().optional();
/** Of members that are refused for being there. */
export const anything = z.unknown().optional();

interface Configuration {
  Classification?: string | undefined;
  Properties?: Record<string, string> | undefined;
  Configurations?: Configuration[] | undefined;
}

const configuration: z.ZodType<Configuration> = z.lazy(() =>
  z.object({
    Classification: z.string().optional(),
    Properties: z.record(z.string(), z.string()).optional(),
    Configurations: configurations.optional(),
  }),
);
export const configurations = z.array(configuration);
