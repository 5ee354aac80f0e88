/** Hides values of a `cluster_json` that may be secrets: all texts except those of fields that hold none. Pure. */

/** The replacement for a value. Only the file itself shows the text. */
export const HIDDEN = '<from cluster_json, not shown>';

/** Fields of RunJobFlow whose texts are names and choices of AWS. Texts of every other field are hidden. */
const SHOWN_FIELDS = new Set([
  ...[
    'Name',
    'LogUri',
    'ReleaseLabel',
    'OSReleaseLabel',
    'Version',
    'Key',
    'Classification',
    'classification',
  ],
  ...['ServiceRole', 'JobFlowRole', 'AutoScalingRole', 'SecurityConfiguration', 'Realm', 'ScaleDownBehavior'],
  ...[
    'InstanceRole',
    'InstanceType',
    'InstanceFleetType',
    'MasterInstanceType',
    'SlaveInstanceType',
    'Market',
  ],
  ...['BidPrice', 'VolumeType', 'UnitType', 'TimeoutAction', 'AllocationStrategy', 'RepoUpgradeOnBoot'],
  ...['Ec2KeyName', 'Ec2SubnetId', 'Ec2SubnetIds', 'AvailabilityZone', 'AvailabilityZones', 'CustomAmiId'],
  ...['EmrManagedMasterSecurityGroup', 'EmrManagedSlaveSecurityGroup', 'ServiceAccessSecurityGroup'],
  ...['AdditionalMasterSecurityGroups', 'AdditionalSlaveSecurityGroups', 'ScalingStrategy', 'AmiVersion'],
]);
/** Below these every text is the user's own, whatever its name. */
const OWN = new Set(['Properties', 'properties', 'Args']);

/** The same value with `HIDDEN` for each text that may be a secret; names, numbers and truth values stay. */
export function hidden(value: unknown): unknown {
  return walk(value, false, () => HIDDEN);
}

/** Those texts. */
export function hiddenValues(value: unknown): string[] {
  const found: string[] = [];
  walk(value, false, (text) => {
    found.push(text);
    return text;
  });
  return found;
}

function walk(value: unknown, mayBeShown: boolean, hide: (text: string) => string, own = false): unknown {
  if (typeof value === 'string') return mayBeShown && !own ? value : hide(value);
  if (own && (typeof value === 'number' || typeof value === 'boolean')) return hide(String(value));
  if (Array.isArray(value)) return value.map((item) => walk(item, mayBeShown, hide, own));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [
      name,
      walk(item, SHOWN_FIELDS.has(name), hide, own || OWN.has(name)),
    ]),
  );
}
