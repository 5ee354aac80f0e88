/** Input objects with names as Sparkify has them; the content of all objects of a source is the same. */
import { createHash } from 'node:crypto';
import type { MemoryS3 } from '../../../test/support/memory-s3.ts';

const SONG = {
  song_id: 'SOAAAAA12AB0000000',
  title: 'Title',
  artist_id: 'ARAAAAA1187B000000',
  artist_name: 'Artist',
  artist_location: 'Somewhere',
  artist_latitude: 1.5,
  artist_longitude: 2.5,
  duration: 218.93179,
  year: 2004,
};
const EVENT = {
  ts: 1541105830796,
  userId: '39',
  sessionId: 38,
  itemInSession: 0,
  level: 'free',
  page: 'NextSong',
  song: 'Title',
  artist: 'Artist',
  length: 218.93179,
};

/** Events are in one of ten objects. */
const nameOf = (n: number) =>
  n % 10 === 0
    ? `log_data/2018/${n % 12}/${padded(n)}-events.json`
    : `song_data/${folders(n)}/TR${padded(n)}.json`;
const padded = (n: number) => String(n).padStart(16, '0');
const folders = (n: number) => [n, n >> 4, n >> 8].map((part) => 'ABCDEFGHIJKLMNOP'[part & 15]).join('/');

export function fillInputs({ objects }: Pick<MemoryS3, 'objects'>, count: number): void {
  const [song, event] = [SONG, EVENT].map((line) => Buffer.from(`${JSON.stringify(line)}\n`));
  const modified = new Date('2026-11-01T00:00:00Z');
  for (let n = 0; n < count; n += 1) {
    const etag = createHash('md5').update(String(n)).digest('hex');
    const name = nameOf(n);
    objects.set(`raw/${name}`, { body: (name.startsWith('s') ? song : event)!, etag, modified });
  }
}
