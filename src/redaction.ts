/** Removes credentials from URIs in any text that is shown. Pure, and linear in the text. */

const SHOWN = '[secret]';

/**
 * What is between `://` and `@`: a name with a password, or a token. The password may contain slashes, as AWS's secrets
 * do. A port, or a path with an @, is not a password.
 */
const USER_INFO = /:\/\/(?:[^\s/:@]{0,200}:(?!\d{1,5}\/)(?:[^\s@]{0,400}@){1,3}|[^\s/:@]{1,400}@)/uy;
/** The first @ of such a name is at most this far behind the `://`. */
const FURTHEST_AT = 610;

/** Parameters of signed and tokenized URLs. */
const SIGNED =
  /([?&;](?:x-(?:amz|goog)-(?:signature|security-token|credential)|signature|awsaccesskeyid|googleaccessid|sig|token|(?:access|auth)_?token|api_?key|password|secret)=)[^&;\s"'<>]+/giu;

/** The text with `[secret]` for user names, passwords and signatures in its URIs. */
export function withoutUriSecrets(text: string): string {
  if (!text.includes('=') && !text.includes('@')) return text;
  return withoutUserInfo(text).replace(SIGNED, `$1${SHOWN}`);
}

/** Skips every `://` without an @ nearby: most have none, and each check takes hundreds of steps. */
function withoutUserInfo(text: string): string {
  const userInfo = new RegExp(USER_INFO);
  let shown = '';
  let from = 0;
  let sign = text.indexOf('@');
  for (let at = text.indexOf('://'); at >= 0 && sign >= 0; at = text.indexOf('://', Math.max(at + 1, from))) {
    if (sign < at) sign = text.indexOf('@', at);
    if (sign < 0 || sign - at > FURTHEST_AT) continue;
    userInfo.lastIndex = at;
    if (!userInfo.test(text)) continue;
    shown += `${text.slice(from, at)}://${SHOWN}@`;
    from = userInfo.lastIndex;
  }
  return shown + text.slice(from);
}

/** The text with `[secret]` for each of these values of four characters or more, also in their JSON spelling. */
export function withoutValues(text: string, values: readonly string[]): string {
  const forms = values
    .filter((value) => value.length >= 4)
    .flatMap((value) => [value, JSON.stringify(value).slice(1, -1)]);
  const longestFirst = [...new Set(forms)].sort((a, b) => b.length - a.length);
  return longestFirst.reduce((shown, form) => shown.replaceAll(form, SHOWN), text);
}
