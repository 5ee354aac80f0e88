/** Values that must not be shown: kept in a closure, out of reach of printing, JSON, inspection and spreading. */

const SHOWN = '[secret]';

export interface Secret {
  /** The value itself: for the call that needs it, never for a message. */
  readonly reveal: () => string;
  readonly toString: () => string;
  readonly toJSON: () => string;
}

/** Wraps a value so that `${secret}`, JSON.stringify and util.inspect show `[secret]`. */
export function secret(value: string): Secret {
  const shown = () => SHOWN;
  return Object.freeze({
    reveal: () => value,
    toString: shown,
    toJSON: shown,
    [Symbol.for('nodejs.util.inspect.custom')]: shown,
  });
}

/**
 * Replaces each secret in a text by `[secret]`, also where it stands JSON-escaped or URL-encoded. Values shorter than
 * 4 characters are left: they would match everywhere and are no secrets.
 */
export function redact(text: string, secrets: readonly (Secret | string)[]): string {
  const values = secrets.map((value) => (typeof value === 'string' ? value : value.reveal()));
  const forms = values.filter((value) => value.length >= 4).flatMap(formsOf);
  const longestFirst = [...new Set(forms)].sort((a, b) => b.length - a.length);
  return longestFirst.reduce((redacted, form) => redacted.replaceAll(form, SHOWN), text);
}

/** True for text that looks like a key or token, such as a secret pasted in the wrong place. */
export function looksSecret(text: string): boolean {
  const runs = text.match(/[A-Za-z0-9/+]{16,}/g) ?? [];
  return runs.some(
    (run) => run.length >= 40 || (/[a-z]/.test(run) && /[A-Z]/.test(run) && /[0-9]/.test(run)),
  );
}

function formsOf(value: string): string[] {
  return [
    value,
    JSON.stringify(value).slice(1, -1),
    encodeURIComponent(value.replace(/\p{Surrogate}/gu, '')),
  ];
}
