/** The schema as text: dl.cfg.example and the reference table of the README. */
import { namedSettings } from './schema.ts';
import type { NamedSetting, PipelineKeys } from './schema.ts';

const HEAD = `# Settings of Landfall. Copy this file to dl.cfg and uncomment what you need.
# A flag outranks an environment variable, which outranks dl.cfg, which outranks the default.
# A value behind a # is the default, or, where marked, an example.
# In a value, %(name)s is the value of the key \`name\` of its section or of [DEFAULT], and %% is a percent sign.
`;

const SECTION_DOCS: Readonly<Record<string, string>> = {
  lake: 'Where the result goes.',
  input:
    'Where the raw JSON is. With `--cluster local` and no inputs, the sample that the pipeline describes is used.',
  pipeline: 'What is run.',
  emr: 'The cluster. With `--cluster local` only the release and the timeouts matter.',
  tables: "How tables are written. The pipeline's own parameters stand here too.",
  checks: 'How much bad input a run accepts.',
  s3: 'How S3 is accessed.',
  aws: 'Credentials. Keep this file out of version control once it holds a secret.',
};

/** The whole of dl.cfg.example. */
export function exampleText(pipeline: PipelineKeys): string {
  const settings = namedSettings(pipeline);
  const sections = [...new Set(settings.map(({ section }) => section))];
  const text = (name: string) =>
    sectionText(
      name,
      settings.filter(({ section }) => section === name),
    );
  return [HEAD, ...sections.map(text)].join('\n');
}

/** A Markdown table with a row a setting. */
export function settingsTable(pipeline: PipelineKeys): string {
  const rows = namedSettings(pipeline).map(
    (setting) =>
      `| \`[${setting.section}] ${setting.key}\` | ${setting.default === undefined ? '' : `\`${setting.default}\``} | ${others(setting)} | ${setting.doc} |`,
  );
  return ['| dl.cfg | default | flag, environment | meaning |', '|---|---|---|---|', ...rows, ''].join('\n');
}

function sectionText(section: string, settings: readonly NamedSetting[]): string {
  const doc = SECTION_DOCS[section.toLowerCase()];
  if (doc === undefined) throw new Error(`nothing describes the section ${section}`);
  return [`# ${doc}`, `[${section}]`, ...settings.map(settingText), ''].join('\n');
}

function settingText(setting: NamedSetting): string {
  const value = setting.default ?? setting.example ?? '';
  const mark = setting.default === undefined && value !== '' ? ' (example)' : '';
  const ways = others(setting).replaceAll('`', '');
  return `# ${setting.doc}${ways === '' ? '' : ` Also: ${ways}.`}\n#${setting.key} = ${value}${mark === '' ? '' : `    ;${mark}`}`;
}

function others({ flag, env }: NamedSetting): string {
  return [...(flag === undefined ? [] : [`--${flag}`]), ...env].map((name) => `\`${name}\``).join(', ');
}
