/**
 * The shipped pipeline with partitions that are rebuilt, and with one more table, whose partitions depend on a field that
 * is not in the event key: another line of an event may win, and move it to another partition.
 */
import { templates } from './spark.ts';
import type { Edits, Templates } from './spark.ts';

const PLACES = `---
doc: Plays by place. Its partitions have blank and strange values.
key: [place, level]
partition_by: [place, level]
columns:
  - { name: place, type: STRING, nullable: false, doc: Where the plays were. }
  - { name: level, type: STRING, nullable: false, doc: Subscription. }
  - { name: plays, type: BIGINT, nullable: false, doc: Their number. }
---
SELECT
  coalesce(location, '') AS place,
  coalesce(level, 'none') AS level,
  count(*) AS plays
FROM plays
GROUP BY 1, 2
`;

export function playsByPlace(edits: Edits = {}): Templates {
  const { files, engine } = templates({
    'pipeline.yaml': (text) => text.replace('[users, time, songplays]', '[users, time, songplays, places]'),
    ...edits,
  });
  return {
    files: [...files, { path: 'tables/log_transform/places.sql.hbs', text: PLACES }],
    engine,
    rebuild: {
      songplays: {
        by: ['year', 'month'],
        when: { song_keys: { title: 'song', artist_name: 'artist', duration: 'length' } },
      },
      time: { by: ['year'] },
      places: { by: ['place'] },
    },
  };
}
