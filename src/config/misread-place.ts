/** Texts that look like a place of data but are not: each is refused with the form that was meant. */
import { groupsOf } from '../groups.ts';
import { looksSecret } from './secret.ts';

export interface Misread {
  problem: string;
  hint: string;
}

const GENERAL = 'write s3://bucket/prefix, or a local folder';
/** Schemes of other stores that people use, also recognised without the slashes. */
const FOREIGN =
  /^(hdfs|viewfs|webhdfs|gs|gcs|abfss?|wasbs?|adls?|dbfs|oss|cos|obs|swift|r2|b2|ftps?|sftp|https?|arn|mailto|jdbc):/i;
/** `bucket.s3.us-west-2.amazonaws.com`; the first group is empty in the path style. */
const S3_HOST =
  /^(?:(.+)\.)?s3(?:[.-](?:accelerate|dualstack|website|fips|region|[a-z]{2}(?:-[a-z]+)+-\d))*\.amazonaws\.com(?:\.cn)?$/i;
const CONSOLE_HOST = /^(?:[a-z0-9-]+\.)*console\.(?:aws\.amazon\.com|amazonaws-us-gov\.com|amazonaws\.cn)$/i;

/** What is wrong with a text that only looks like a place; undefined when it is an S3 URI or a local path. */
export function misreadPlace(text: string): Misread | undefined {
  if (!/^https?:/i.test(text) && hasQuery(text)) return misreadQuery(text);
  if (/^s3[an]?:\/\/[^/]/i.test(text)) return misreadBucket(text);
  const almost = /^s3[an]?(?::[/\\]*|[/\\]{2,})/i.exec(text);
  if (almost !== null) return meant('not an S3 URI', text.slice(almost[0].length));
  if (/^https?:\/*/i.test(text)) return misreadUrl(text);
  if (/^arn:/i.test(text)) return misreadArn(text);
  if (/^[a-z]:/i.test(text) || text.startsWith('\\') || (text.includes('\\') && !text.includes('/')))
    return misreadWindowsPath(text);
  if (/^file:/i.test(text)) return misreadFile(text);
  const scheme = /^([a-z][a-z0-9+.-]+):\//i.exec(text)?.[1] ?? FOREIGN.exec(text)?.[1];
  if (scheme !== undefined)
    return { problem: `${scheme.toLowerCase()}: is not a place Landfall can read or write`, hint: GENERAL };
  return misreadPath(text);
}

/** Whether an S3 URI has a query behind it, or any text one that signs a request. */
export function hasQuery(text: string): boolean {
  return (
    /^s3[an]?:[^?]*\?[\w-]+=/i.test(text) ||
    /[?&](X-Amz-[\w-]+|AWSAccessKeyId|Signature|Key-Pair-Id|Policy|Expires)=/i.test(text)
  );
}

function misreadQuery(text: string): Misread {
  const problem = 'has a query ("?..."), as a presigned URL has; a place has none';
  const place = text.slice(0, text.search(/[?&]/));
  const bucket = /^s3[an]?:[/\\]*([a-z0-9][a-z0-9.-]{2,62}(\/.*)?)$/.exec(place)?.[1];
  return bucket === undefined || S3_HOST.test(bucket.split('/', 1).join(''))
    ? { problem, hint: GENERAL }
    : meant(problem, bucket);
}

function misreadPath(text: string): Misread | undefined {
  const [host = ''] = text.split('/', 1);
  if (S3_HOST.test(host) || CONSOLE_HOST.test(host)) return misreadUrl(`https://${text}`);
  const inner = groupsOf(/s3[an]?:\/+([^/].*)$/is, text, 1);
  if (inner !== undefined && !text.startsWith('./')) return meant('an S3 URI with text before it', inner[0]);
  if (text.includes('://') && !text.startsWith('./'))
    return { problem: 'neither a URI nor a local folder', hint: GENERAL };
  if (/^\$\{?[A-Za-z_]|^%[A-Za-z_]+%/.test(text))
    return { problem: 'variables are not expanded here', hint: 'write the value itself' };
  if (/^~[^/]/.test(text))
    return {
      problem: 'the home folder of another user is not looked up',
      hint: 'write the whole path; a folder of that name is ./~...',
    };
  return undefined;
}

/** An S3 URI whose bucket cannot be the name of one. */
function misreadBucket(text: string): Misread | undefined {
  const [scheme = '', bucket = ''] = /^s3[an]?:\/\/([^/]*)/i.exec(text) ?? [];
  const rest = text.slice(scheme.length).replace(/^\//, '');
  if (/^arn:/i.test(bucket)) return misreadArn(`${bucket}/${rest}`);
  const host = S3_HOST.exec(bucket);
  if (host !== null) return meant('a host name stands where the bucket belongs', below(host[1], rest));
  if (/[A-Z]/.test(bucket))
    return meant('a bucket name has no capital letters', `${bucket.toLowerCase()}/${rest}`);
  if (bucket.length < 3 || bucket.length > 63)
    return { problem: 'a bucket name has 3 to 63 characters', hint: GENERAL };
  if (/[^a-z0-9._-]/.test(bucket)) {
    return { problem: 'a bucket name has letters, digits, hyphens and dots only', hint: GENERAL };
  }
  return undefined;
}

function misreadUrl(text: string): Misread {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const problem = 'a web address, not an S3 URI';
  if (url === undefined) return { problem, hint: GENERAL };
  const path = decoded(url.pathname.replace(/^\/+/, ''));
  const host = S3_HOST.exec(url.hostname);
  if (host !== null) return meant(problem, below(host[1], path));
  if (!CONSOLE_HOST.test(url.hostname)) return { problem, hint: GENERAL };
  const [front = '', bucket] = /^s3\/(?:buckets|object|upload)\/([^/]+)/.exec(path) ?? [];
  const rest = path.slice(front.length).replace(/^\//, '');
  const inConsole = 'an address of the AWS console, not an S3 URI';
  if (bucket === undefined) return { problem: inConsole, hint: GENERAL };
  return meant(inConsole, `${bucket}/${url.searchParams.get('prefix') ?? rest}`);
}

function misreadArn(text: string): Misread {
  const bucket = /^arn:[a-z0-9-]*:s3:::(.*)$/is.exec(text)?.[1];
  if (bucket !== undefined) return meant('an ARN, not an S3 URI', bucket);
  if (/^arn:[a-z0-9-]*:s3[a-z0-9-]*:[^:]*:\d*:accesspoint/i.test(text))
    return {
      problem: 'the ARN of an access point, which Spark cannot use here',
      hint: 'write the bucket behind it: s3://bucket/prefix',
    };
  return { problem: 'an ARN, not an S3 URI', hint: GENERAL };
}

function misreadWindowsPath(text: string): Misread {
  const drive = groupsOf(/^([a-z]):/i, text, 1);
  const slashed = (path: string) => path.replaceAll('\\', '/');
  const form =
    drive !== undefined
      ? `/mnt/${drive[0].toLowerCase()}/${slashed(text.slice(2)).replace(/^\/+/, '')} under WSL`
      : text.startsWith('\\')
        ? 'the folder where it is mounted, such as /mnt/share'
        : slashed(text);
  return { problem: 'a Windows path', hint: shownForm(form) ? `write ${form}` : GENERAL };
}

function misreadFile(text: string): Misread | undefined {
  if (/^file:(\/\/localhost)?\/($|[^/])|^file:\/{3,}/i.test(text)) return undefined;
  const path = text.replace(/^file:\/*/i, '');
  const problem = 'not a file URI: one has three slashes and an absolute path';
  const hint = shownForm(path) && path !== '' ? `did you mean file:///${path} or ./${path}?` : GENERAL;
  return { problem, hint };
}

/** `place` is a bucket with what follows it. */
function meant(problem: string, place: string): Misread {
  const form = place
    .replaceAll('\\', '/')
    .replace(/^\/+/, '')
    .replace(/(?<!\/)\/+$/, '');
  const named = /^[A-Za-z0-9][A-Za-z0-9._-]+(\/|$)/.test(form) && shownForm(form);
  return { problem, hint: named ? `did you mean s3://${form}?` : 'write s3://bucket/prefix' };
}

function below(bucket: string | undefined, path: string): string {
  return bucket === undefined ? path : `${bucket}/${path}`;
}

/** Whether a message may repeat the text: it holds no credentials and is not too long. */
function shownForm(text: string): boolean {
  return !/[@\p{Cc}]/u.test(text) && !looksSecret(text) && text.length <= 200;
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}
