/** Variables of the environment. */
export type Env = Readonly<Record<string, string | undefined>>;

/** The variable's value; one that is set to nothing is not set. */
export function variableIn(env: Env, name: string): string | undefined {
  const value = env[name];
  return value === '' ? undefined : value;
}
