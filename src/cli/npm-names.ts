/**
 * The names in npm's own configuration: a variable `npm_config_<name>` with such a name may be meant for npm
 * itself.
 */

const NAMES = `
  access all allow-directory allow-file allow-git allow-remote allow-same-version allow-scripts also argv arg0 audit
  audit-level auth-type before bin-links browser bypass-2fa ca cache cache-max cache-min cafile call cert cidr color
  commit-hooks cpu depth description dev diff diff-dst-prefix diff-ignore-all-space diff-name-only diff-no-prefix
  diff-src-prefix diff-text diff-unified dry-run editor email engine-strict expect-result-count expect-results expires
  fetch-retries fetch-retry-factor fetch-retry-maxtimeout fetch-retry-mintimeout fetch-timeout force foreground-scripts
  format-package-lock fund git git-tag-version global global-prefix global-style globalconfig heading help https-proxy
  if-present ignore-scripts include include-attestations include-staged include-workspace-root init-author-email
  init-author-name init-author-url init-license init-module init-private init-type init-version install-links
  install-strategy json key legacy-bundling legacy-peer-deps libc link local-address local-prefix location
  lockfile-version loglevel logs-dir logs-max long maxsockets message metrics-registry min-release-age name node-gyp
  node-options node-version nodedir noproxy npm-version offline omit omit-lockfile-registry-resolved only optional
  orgs os otp pack-destination package package-lock package-lock-only packages parseable password prefer-dedupe
  prefer-offline prefer-online prefix preid production progress provenance provenance-file proxy read-only
  rebuild-bundle registry replace-registry-host save save-bundle save-dev save-exact save-optional save-peer
  save-prefix save-prod sbom-format sbom-type scope scopes script-shell searchexclude searchlimit searchopts
  searchstaleness send-metrics shell shrinkwrap sign-git-commit sign-git-tag sso-poll-frequency sso-type
  strict-peer-deps strict-ssl tag tag-version-prefix timing tmp token-description umask unicode update-notifier usage
  user user-agent userconfig verbose version versions viewer which workspace workspaces workspaces-update yes
`;

/**
 * Normalises a flag's name. npm writes it into a variable's name, and people vary it: case, `-` and `_` do not count.
 */
export function folded(name: string): string {
  return name.toLowerCase().replace(/[-_]/g, '');
}

const FOLDED: ReadonlySet<string> = new Set(NAMES.trim().split(/\s+/).map(folded));

/** True for a name in npm's own configuration. */
export function isNpmName(name: string): boolean {
  return FOLDED.has(folded(name));
}
