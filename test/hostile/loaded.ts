/** Jest cannot load two modules at once, as verbs do with `import()`. Importing this file first loads them one by one. */
import { verbs } from '../../src/cli/verbs.ts';
import '../../src/emr/client.ts';
import '../../src/emr/cluster-logs.ts';
import '../../src/emr/emr.ts';
import '../../src/emr/explain.ts';
import '../../src/emr/requests.ts';
import '../../src/emr/reuse.ts';
import '../../src/lake/audit.ts';
import '../../src/lake/gc-plan.ts';
import '../../src/lake/remove-run.ts';
import '../../src/lake/lake.ts';
import '../../src/lake/publication.ts';
import '../../src/lake/go-back.ts';
import { verbBodies } from '../../src/verb-bodies.ts';

for (const { name, options } of verbs) if ('lake' in options) await verbBodies[name]();
