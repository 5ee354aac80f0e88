/** The text of a `spark-defaults.conf`, which Spark reads as a Java properties file. */

/** Values arrive in Spark exactly as given, except that Spark itself trims blanks around them. */
export function sparkDefaults(conf: Readonly<Record<string, string>>): string {
  const lines = Object.entries(conf).map(([key, value]) => `${escapeKey(key)}=${escapeText(value)}\n`);
  return lines.join('');
}

/** Settings that differ between a cluster and this machine. */
const OF_THE_CLUSTER = /^spark\.(master|submit\.deployMode|yarn\..*|eventLog\..*|history\..*)$/;

/**
 * This machine's settings, joined with what the cluster's `Configurations` say of `spark-defaults`. This machine's
 * own settings win: Spark needs them to run here.
 */
export function withClusterConf(
  conf: Readonly<Record<string, string>>,
  configurations: unknown,
): Record<string, string> {
  const lists = (configurations ?? []) as readonly ClusterConfiguration[];
  const asked = lists
    .filter(({ Classification }) => Classification === 'spark-defaults')
    .flatMap(({ Properties = {} }) => Object.entries(Properties))
    .filter(([key]) => !OF_THE_CLUSTER.test(key));
  return { ...Object.fromEntries(asked), ...conf };
}

interface ClusterConfiguration {
  Classification?: string;
  Properties?: Readonly<Record<string, string>>;
}

function escapeKey(key: string): string {
  return escapeText(key).replace(/[ :=#!]/g, '\\$&');
}

function escapeText(text: string): string {
  return text
    .replaceAll('\\', '\\\\')
    .replaceAll('\n', '\\n')
    .replaceAll('\r', '\\r')
    .replaceAll('\t', '\\t')
    .replaceAll('\f', '\\f')
    .replace(/^ /, '\\ ')
    .replace(/[^\x20-\x7e]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
