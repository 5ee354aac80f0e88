/** Texts that stand where a value belongs: `<YOUR_KEY>`, `xxx`, `CHANGE_ME`. */
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

/** Whether a text is a placeholder, or an S3 URI whose bucket is one. */
export function isPlaceholder(text: string): boolean {
  if (/<[^<>]*>/.test(text)) return true;
  const bucket = /^s3[an]?:\/\/([^/]*)/i.exec(text)?.[1];
  return isWholly(bucket ?? text);
}

/** As above, for keys and tokens: also `AKIAXXXXXXXX`, and the name of the key itself. */
export function isPlaceholderCredential(text: string): boolean {
  return (
    isPlaceholder(text) ||
    /^(AKIA)?[xX*.]{3,}$/.test(text) ||
    (/^[a-z]+([_ ][a-z]+)+$/i.test(text) && isCredentialKey(text))
  );
}

function isWholly(text: string): boolean {
  return text !== '' && text !== '..' && WHOLE.some((shape) => shape.test(text));
}
