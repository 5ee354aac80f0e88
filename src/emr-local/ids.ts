/** Identifiers as EMR makes them. Only these ever become names of folders. */
import type { Random } from '../run/ports.ts';

const LENGTH = 13;
const CLUSTER_ID = /^j-[0-9A-Z]{13}$/;

/** Such as `j-1A2B3C4D5E6F7`: 13 characters of base 36 after the prefix. */
export function newId(prefix: 'j' | 's' | 'ig' | 'if' | 'ci', random: Random): string {
  const number = BigInt(`0x${random.hex(12)}`) % 36n ** BigInt(LENGTH);
  return `${prefix}-${number.toString(36).toUpperCase().padStart(LENGTH, '0')}`;
}

export function isClusterId(text: string): boolean {
  return CLUSTER_ID.test(text);
}
