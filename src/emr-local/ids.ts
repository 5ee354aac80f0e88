/** Identifiers as EMR makes them. Only these ever become names of folders. */
import type { Random } from '../run/ports.ts';

const LENGTH = 13;
const CLUSTER_ID = /^j-[0-9A-Z]{13}$/;

/** Such as `j-1A2B3C4D5E6F7`: 13 characters of base 36 after the prefix. */
export function newId(prefix: 'j' | 's' | 'ig' | 'if' | 'ci', random: Random): string {
  const number = BigInt(`0x${random.hex(12)}`) % 36n ** BigInt(LENGTH);
  return `${prefix}-${number.toString(36).toUpperCase().padStart(LENGTH, '0')}`;
}

/** The EC2 instance of an instance of EMR's, `ci-...`: always the same, 17 hex digits as EC2 has them. */
export function ec2InstanceId(instanceId: string): string {
  const digits = instanceId.slice(3).toLowerCase();
  const number = Array.from(digits).reduce((sum, digit) => sum * 36n + BigInt(parseInt(digit, 36)), 0n);
  return `i-${number.toString(16).padStart(17, '0')}`;
}

export function isClusterId(text: string): boolean {
  return CLUSTER_ID.test(text);
}
