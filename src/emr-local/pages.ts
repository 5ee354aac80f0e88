/** Paging by an opaque marker: the place after the last item shown, whatever came in front of it since. */
import { invalidRequest } from './aws-error.ts';

export const PAGE_SIZE = 50;

/**
 * The page of those after `marker` that `keep` lets through. The items' order must be stable but for new ones in front;
 * `keep` may change its mind between two pages.
 */
export function pageOf<T extends { id: string }>(
  items: readonly T[],
  marker: string | undefined,
  keep: (item: T) => boolean,
  size = PAGE_SIZE,
): { page: readonly T[]; marker: string | undefined } {
  let start = 0;
  if (marker !== undefined) {
    const last = Buffer.from(marker, 'base64url').toString('utf8');
    start = items.findIndex((item) => item.id === last) + 1;
    if (start === 0) throw invalidRequest('Marker is not valid.');
  }
  const rest = items.slice(start).filter(keep);
  const page = rest.slice(0, size);
  const last = page.at(-1);
  const more = last !== undefined && rest.length > size;
  return { page, marker: more ? Buffer.from(last.id).toString('base64url') : undefined };
}
