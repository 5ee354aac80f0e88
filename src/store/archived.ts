/** Which objects of S3 can be read only after they have been restored from an archive. */
import type { _Object, HeadObjectCommandOutput } from '@aws-sdk/client-s3';
import type { ObjectInfo } from './store.ts';

/** The storage classes that are archives. GLACIER_IR is none: its objects are read at once. */
const ARCHIVES: ReadonlySet<string> = new Set(['GLACIER', 'DEEP_ARCHIVE']);
/** S3 itself moves objects of this class to an archive and back. */
const TIERING = 'INTELLIGENT_TIERING';

type Archival = Pick<ObjectInfo, 'archive' | 'mayBeArchived'>;

/** As a list shows it. An object of which there is a restored copy can be read. */
export function archivalListed({ StorageClass, RestoreStatus }: _Object): Archival {
  if (StorageClass === TIERING) return { mayBeArchived: true };
  return inArchive(StorageClass, RestoreStatus?.RestoreExpiryDate !== undefined);
}

/** As a HEAD shows it. */
export function archivalOfHead(found: HeadObjectCommandOutput): Archival {
  const { StorageClass, ArchiveStatus, Restore } = found;
  if (ArchiveStatus !== undefined) return { archive: StorageClass ?? TIERING };
  return inArchive(StorageClass, Restore?.includes('expiry-date') === true);
}

function inArchive(storageClass: string | undefined, isRestored: boolean): Archival {
  const isArchive = storageClass !== undefined && ARCHIVES.has(storageClass);
  return isArchive && !isRestored ? { archive: storageClass } : {};
}
