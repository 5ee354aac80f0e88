/** Operations that tell what an account may use. They always answer the same. */
import { invalidRequest } from './aws-error.ts';
import { pageOf } from './pages.ts';
import { isRelease } from './releases.ts';
import { read, requests } from './request-schemas.ts';

/** Memory a virtual core, in GB, of the families whose sizes follow the pattern. */
const FAMILIES: Readonly<Record<string, { memory: number; architecture: 'X86_64' | 'AARCH64' }>> = {
  c5: { memory: 2, architecture: 'X86_64' },
  c6i: { memory: 2, architecture: 'X86_64' },
  c7g: { memory: 2, architecture: 'AARCH64' },
  m5: { memory: 4, architecture: 'X86_64' },
  m6g: { memory: 4, architecture: 'AARCH64' },
  m6i: { memory: 4, architecture: 'X86_64' },
  m7g: { memory: 4, architecture: 'AARCH64' },
  r5: { memory: 8, architecture: 'X86_64' },
  r6i: { memory: 8, architecture: 'X86_64' },
  r7g: { memory: 8, architecture: 'AARCH64' },
};
const SIZES: Readonly<Record<string, number>> = { xlarge: 4, '2xlarge': 8, '4xlarge': 16, '8xlarge': 32 };

/** The same few for every release; EMR has hundreds, and prices none of them here. */
const INSTANCE_TYPES = Object.entries(FAMILIES).flatMap(([family, { memory, architecture }]) =>
  Object.entries(SIZES).map(([size, cores]) => ({
    Type: `${family}.${size}`,
    MemoryGB: cores * memory,
    StorageGB: 0,
    VCPU: cores,
    Is64BitsOnly: true,
    InstanceFamilyId: family,
    EbsOptimizedAvailable: true,
    EbsOptimizedByDefault: true,
    NumberOfDisks: 0,
    EbsStorageOnly: true,
    Architecture: architecture,
  })),
);

export function listSupportedInstanceTypes(body: unknown) {
  const { ReleaseLabel: label, Marker } = read(requests.listSupportedInstanceTypes, body);
  if (!isRelease(label)) throw invalidRequest(`Release label '${label}' is not valid.`);
  const types = INSTANCE_TYPES.map((type) => ({ id: type.Type, type }));
  const { page, marker } = pageOf(types, Marker, () => true, 25);
  return { SupportedInstanceTypes: page.map(({ type }) => type), Marker: marker };
}

/** EMR's default: nothing but SSH may be open to the world. */
export function getBlockPublicAccessConfiguration() {
  return {
    BlockPublicAccessConfiguration: {
      BlockPublicSecurityGroupRules: true,
      PermittedPublicSecurityGroupRuleRanges: [{ MinRange: 22, MaxRange: 22 }],
    },
    BlockPublicAccessConfigurationMetadata: {
      CreationDateTime: 0,
      CreatedByArn: 'arn:aws:iam::000000000000:root',
    },
  };
}
