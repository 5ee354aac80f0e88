/** The releases this endpoint answers to, newest first, with the version of Spark that EMR ships in each. */
import { invalid, invalidRequest, notEmulated } from './aws-error.ts';
import { pageOf } from './pages.ts';
import { read, requests } from './request-schemas.ts';

const SPARK_OF_RELEASE: Readonly<Record<string, string>> = {
  'emr-spark-8.0.0': '4.0.2',
  'emr-7.13.0': '3.5.6',
  'emr-7.12.0': '3.5.6',
  'emr-7.11.0': '3.5.6',
  'emr-7.10.0': '3.5.5',
  'emr-7.9.0': '3.5.5',
  'emr-7.8.0': '3.5.4',
  'emr-7.7.0': '3.5.3',
  'emr-7.6.0': '3.5.3',
  'emr-7.5.0': '3.5.2',
  'emr-7.4.0': '3.5.2',
  'emr-7.3.0': '3.5.1',
  'emr-7.2.0': '3.5.1',
  'emr-7.1.0': '3.5.0',
  'emr-7.0.0': '3.5.0',
};

export function isRelease(label: string): boolean {
  return Object.hasOwn(SPARK_OF_RELEASE, label);
}

/** Throws EMR's refusal of a label it does not know; of an older release, our own. */
export function checkRelease(label: string): void {
  if (isRelease(label)) return;
  if (/^emr-[4-6]\.\d+\.\d+$/.test(label)) throw notEmulated(`the release ${label}`);
  throw invalid(`The supplied release label is invalid: ${label}.`);
}

/** The applications as DescribeCluster names them; of versions only Spark's is known here. */
export function applicationsOf(label: string, asked: readonly { Name?: string | undefined }[]): object[] {
  return asked.map((application) => ({
    ...application,
    Version: application.Name?.toLowerCase() === 'spark' ? SPARK_OF_RELEASE[label] : undefined,
  }));
}

/** DescribeReleaseLabel: of the applications only Spark is listed. */
export function describeReleaseLabel(body: unknown) {
  const { ReleaseLabel: label } = read(requests.describeReleaseLabel, body);
  if (label === undefined || !isRelease(label)) {
    throw invalidRequest(`Release label '${label ?? ''}' is not valid.`);
  }
  return { ReleaseLabel: label, Applications: [{ Name: 'Spark', Version: SPARK_OF_RELEASE[label] }] };
}

/** ListReleaseLabels, filtered by prefix and by application, such as `spark` or `Spark@3.5.6`. */
export function listReleaseLabels(body: unknown) {
  const { Filters: filters = {}, NextToken, MaxResults } = read(requests.listReleaseLabels, body);
  const [application = 'spark', version] = (filters.Application ?? 'spark').toLowerCase().split('@');
  const labels = Object.entries(SPARK_OF_RELEASE).map(([id, spark]) => ({ id, spark }));
  const { page, marker } = pageOf(
    labels,
    NextToken,
    ({ id, spark }) =>
      (filters.Prefix === undefined || id.startsWith(filters.Prefix)) &&
      application === 'spark' &&
      (version === undefined || version === spark),
    MaxResults ?? 100,
  );
  return { ReleaseLabels: page.map(({ id }) => id), NextToken: marker };
}
