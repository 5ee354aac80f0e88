/** The folders and files of one step. */
import { join } from 'node:path';

export function stepPaths(folder: string) {
  return {
    work: join(folder, 'work'),
    conf: join(folder, 'conf'),
    /** For temporary files of every kind; removed when the step ends. */
    scratch: join(folder, 'scratch'),
    stdout: join(folder, 'stdout'),
    stderr: join(folder, 'stderr'),
    controller: join(folder, 'controller'),
  };
}
