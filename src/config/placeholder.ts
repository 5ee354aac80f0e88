/** Placeholders instead of values: `<YOUR_KEY>`, `xxx`, `CHANGE_ME`. */
import { isCredentialKey } from './ini-file.ts';

const WHOLE = [
  /^x{3,}$/i,
  /^[*.?_-]{2,}$|^[*?]$/,
  /^(to[-_ ]?do|tbd|fixme|placeholder|dummy|none|null|n\/a)$/i,
  /^(change|replace|fill|edit)[-_ ]?(me|this|it|in)\b/i,
  /^(insert|enter|put|add|paste|your|my[-_ ](aws|access|secret|key))[-_ ]/i,
  /[-_ ]here[.!]*$/i,
  /^\[[^\]]*\]$|^\{[^}]*\}+$/,
];

/** Words of a request to fill in a credential, also with nothing between them; a real key rarely lacks digits, `/` and `+`. */
const REQUEST =
  /(^|[^a-z])(insert|paste|enter|add|put|your|here|key|keys|fill|replace|change|placeholder)([^a-z]|$)/i;
const GLUED_REQUEST = /^(insert|paste|enter|add|put|your|my)[a-z]*(key|keyid|secret|token|id|here)$/i;
const ELLIPSIS = /\.{3}/;
/** No credential contains a blank; but text with a run of this length may be a credential with a typo. */
const LONG_RUN = /\S{16}/;

/** Whether a text is a placeholder, or an S3 URI whose bucket is one. */
export function isPlaceholder(text: string): boolean {
  if (/<[^<>]*>/.test(text)) return true;
  const bucket = /^s3[an]?:\/\/([^/]*)/i.exec(text)?.[1];
  if (bucket !== undefined && ELLIPSIS.test(bucket)) return true;
  return isWholly(bucket ?? text);
}

/**
 * As above, for keys and tokens: also `AKIAXXXXXXXX`, `#INSERT BEFORE RUN`, `$NAME`, and the name of the key itself. A value
 * that goes on in another line is none.
 */
export function isPlaceholderCredential(text: string): boolean {
  return (
    isPlaceholder(text) ||
    ELLIPSIS.test(text) ||
    /x{6}/i.test(text) ||
    /^\$[A-Za-z_({]/.test(text) ||
    (/[^\S\n]/.test(text) && !text.includes('\n') && !LONG_RUN.test(text)) ||
    (!/[0-9\n/+]/.test(text) && (REQUEST.test(text) || GLUED_REQUEST.test(text))) ||
    /^(AKIA)?[xX*.]{3,}$/.test(text) ||
    (/^[a-z]+([_ ][a-z]+)+$/i.test(text) && isCredentialKey(text))
  );
}

function isWholly(text: string): boolean {
  return text !== '' && text !== '..' && WHOLE.some((shape) => shape.test(text));
}
