/** Public events of GitHub in the format of GH Archive: hourly `2015-01-01-15.json.gz`, one event per line, made from a seed. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { seededRandom } from './seeded-random.ts';

interface GithubEvents {
  seed: number;
  hours: number;
  eventsPerHour: number;
}

type Fields = Record<string, unknown>;
type Dice = ReturnType<typeof dice>;

const FIRST_HOUR = Date.UTC(2015, 0, 1, 22);
const PEOPLE = ['petroav', 'rspt', 'xÆa-12', 'Ünal', 'octo-cat', 'まこと'];
const REPOS = ['petroav/6.828', 'rspt/rspt-theme', 'octo-cat/Привет', "o'neil/a b", 'wizard/🧙‍♂️'];
const MESSAGES = [
  'Update README.md',
  'Fix "quotes" and \\backslashes\\',
  'Zeilen\n\numbruch\tund Tab',
  '修复 🐛',
  '{"not": ["an", "object"]}',
  '',
];
const TOPICS = ['data', 'spark', 'naïve', 'a "b"'];

/** Writes the files below a folder. */
export function writeGithubEvents(folder: string, { seed, hours, eventsPerHour }: GithubEvents): void {
  const throws = dice(seed);
  mkdirSync(folder, { recursive: true });
  for (let hour = 0; hour < hours; hour += 1) {
    const from = FIRST_HOUR + hour * 3_600_000;
    const events = Array.from({ length: eventsPerHour }, (_, at) =>
      event(throws, String(2489651045 + hour * eventsPerHour + at), from + at * 1000),
    );
    const lines = [...events.map((one) => JSON.stringify(one)), ...oddLines(events, hour)];
    writeFileSync(join(folder, hourlyName(from)), gzipSync(`${lines.join('\n')}\n`));
  }
}

/** GH Archive does not pad the hour. */
function hourlyName(at: number): string {
  const day = new Date(at).toISOString().slice(0, 10);
  return `${day}-${String(new Date(at).getUTCHours())}.json.gz`;
}

function event(throws: Dice, id: string, at: number): Fields {
  const { pick, below } = throws;
  const actor = pick(PEOPLE);
  const repo = pick(REPOS);
  const [type, payload] = pick([push, push, watch, fork, issue])(throws);
  return {
    id,
    type,
    actor: {
      id: PEOPLE.indexOf(actor),
      login: actor,
      gravatar_id: '',
      url: `https://api.github.com/users/${actor}`,
    },
    repo: { id: REPOS.indexOf(repo), name: repo, url: `https://api.github.com/repos/${repo}` },
    payload,
    public: below(20) > 0,
    created_at: new Date(at).toISOString().replace('.000', ''),
    ...(below(4) > 0 ? {} : { org: { id: 1, login: 'org', name: 'not/the-repository' } }),
  };
}

function push({ pick, below }: Dice): [string, Fields] {
  const size = below(5);
  const commits = Array.from({ length: size }, (_, at) => ({
    sha: `${String(at)}63f8ef80bd5418f9b1383a5e6db20e84404ed52`,
    author: { email: 'a@example.com', name: pick(PEOPLE) },
    message: pick(MESSAGES),
    distinct: at > 0,
  }));
  const ref = pick(['refs/heads/main', 'refs/heads/master', 'refs/heads/fix/ü']);
  return [
    'PushEvent',
    { push_id: 536863970 + below(1000), size, distinct_size: below(size + 1), ref, commits },
  ];
}

const watch = (): [string, Fields] => ['WatchEvent', { action: 'started' }];

function fork({ pick, below }: Dice): [string, Fields] {
  const topics = Array.from({ length: below(3) }, () => pick(TOPICS));
  return ['ForkEvent', { forkee: { id: 7, full_name: 'rspt/x', topics, public: true } }];
}

const issue = ({ pick }: Dice): [string, Fields] => [
  'IssuesEvent',
  { action: 'opened', issue: { number: 1, title: pick(MESSAGES), labels: [{ name: 'bug' }] } },
];

/** Lines that are not a complete event, or not a new one. */
function oddLines(events: readonly Fields[], hour: number): string[] {
  const pushed = events.find(({ type }) => type === 'PushEvent') ?? {};
  const [first = {}, second = {}, third = {}] = events;
  let next = 9_000_000_000 + hour * 100;
  /** A separate event that is not a push. */
  const other = (its: Fields) => JSON.stringify({ ...pushed, id: String((next += 1)), public: true, ...its });
  const payload = (its: Fields) => other({ payload: { ...(pushed['payload'] as Fields), ...its } });
  return [
    // Twice the same, and twice with other content.
    JSON.stringify(first),
    JSON.stringify({ ...pushed, payload: { ...(pushed['payload'] as Fields), ref: 'refs/heads/a-copy' } }),
    // Bad lines.
    JSON.stringify(second).slice(0, -20),
    JSON.stringify([third]),
    `${JSON.stringify(second)}${JSON.stringify(third)}`,
    '',
    '  ',
    // With a missing or a different value.
    other({ actor: undefined }),
    other({ actor: null, type: 'WatchEvent', payload: {} }),
    other({ actor: 'petroav' }),
    other({ repo: undefined }),
    other({ repo: { id: 1 } }),
    other({ repo: { name: '  ' } }),
    other({ payload: undefined }),
    other({ payload: [] }),
    other({ type: undefined }),
    other({ type: ' ' }),
    other({ id: 'x1' }),
    other({ id: 'NUMBER' }).replace('"NUMBER"', `9876543210987654321${String(hour)}`),
    other({ id: undefined }),
    other({ public: undefined }),
    other({ public: 'maybe' }),
    other({ public: false }),
    other({ created_at: 'yesterday' }),
    other({ created_at: '2015-13-01T00:00:00Z' }),
    other({ created_at: null }),
    // Times of the same kind.
    other({ created_at: '2015-01-02T01:30:00+02:00' }),
    other({ created_at: '2015-01-01T23:59:59.999999Z' }),
    // A field of a push that does not fit is null.
    payload({ size: '3', distinct_size: 3 }),
    payload({ size: 'many', distinct_size: 1 }),
    payload({ size: -1 }),
    payload({ size: 1, distinct_size: 50 }),
    payload({ commits: 'none' }),
    payload({ commits: [] }),
    payload({ commits: [{ message: null }, {}] }),
    // Escapes that are not needed.
    other({ repo: { name: 'escaped/NAME' } }).replace('NAME', '\\u00fc\\ud83d\\ude00\\/x'),
  ];
}

function dice(seed: number) {
  const { fraction } = seededRandom(seed);
  const below = (count: number) => Math.floor(fraction() * count);
  return { below, pick: <T>(from: readonly T[]): T => from[below(from.length)]! };
}
