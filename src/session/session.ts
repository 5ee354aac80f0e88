/** What one driver needs for its time with one run. */
import type { Settings } from '../config/settings.ts';
import type { Staging } from '../run/drive.ts';
import type { Leased } from './lease.ts';
import type { Watch } from './watch.ts';

export interface Session extends Leased {
  settings: Settings;
  staging: () => Promise<Staging>;
  watch: Watch;
  /** `--trust-lake`: believes the journal about clusters. */
  trustLake?: boolean;
}
