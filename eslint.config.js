import js from '@eslint/js';
import prettier from 'eslint-config-prettier';
import regexp from 'eslint-plugin-regexp';
import { defineConfig } from 'eslint/config';
import tseslint from 'typescript-eslint';

const sdk = ['@aws-sdk/*', '@smithy/*', '@aws-crypto/*'];
const node = ['node:*'];

/** Forbids imports; `message` tells where the thing belongs instead. */
const mayNotImport = (groups) => ({
  '@typescript-eslint/no-restricted-imports': [
    'error',
    { patterns: groups.map(([group, message]) => ({ group, message })) },
  ],
});

const streams = {
  selector: "MemberExpression[object.name='process'][property.name=/^(stdout|stderr)$/]",
  message: 'Only report/ writes to streams: return data or emit an event.',
};
const everywhere = [
  {
    selector: "CallExpression[callee.object.name='jest'][callee.property.name='mock']",
    message: 'Use a fake.',
  },
];
const impure = [
  {
    selector: "NewExpression[callee.name='Date'][arguments.length=0]",
    message: 'Take a clock as an argument.',
  },
  {
    selector: "CallExpression[callee.object.name='Date'][callee.property.name='now']",
    message: 'Take a clock as an argument.',
  },
  {
    selector: "CallExpression[callee.object.name='Math'][callee.property.name='random']",
    message: 'Take randomness as an argument.',
  },
];
const exits = {
  selector: "CallExpression[callee.object.name='process'][callee.property.name='exit']",
  message: 'Only main.ts ends the process: throw a LandfallError.',
};

/** Mistakes of regular expressions that no test may meet. */
const REGEXP_RULES = [
  ...['no-contradiction-with-assertion', 'no-dupe-characters-character-class', 'no-dupe-disjunctions'],
  ...['no-empty-alternative', 'no-empty-capturing-group', 'no-empty-character-class', 'no-empty-group'],
  ...['no-empty-lookarounds-assertion', 'no-escape-backspace', 'no-invalid-regexp', 'no-lazy-ends'],
  ...['no-misleading-capturing-group', 'no-misleading-unicode-character', 'no-missing-g-flag'],
  ...['no-optional-assertion', 'no-potentially-useless-backreference', 'no-useless-assertions'],
  ...[
    'no-useless-backreference',
    'no-useless-dollar-replacements',
    'no-useless-flag',
    'no-useless-quantifier',
  ],
  ...['optimal-quantifier-concatenation', 'strict'],
];

export default defineConfig(
  { ignores: ['dist/', 'node_modules/', 'lake/', 'sample/', 'rendered/', 'bench/'] },
  js.configs.recommended,
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/consistent-type-definitions': 'off',
      'no-restricted-syntax': ['error', ...everywhere],
      '@typescript-eslint/no-unused-vars': ['error', { ignoreRestSiblings: true, argsIgnorePattern: '^_' }],
      'no-console': 'error',
    },
  },
  {
    // Text of others is searched in linear time; the tests of pathological texts show what these rules cannot see.
    files: ['src/**/*.ts'],
    plugins: { regexp },
    rules: {
      'regexp/no-super-linear-backtracking': ['error', { report: 'potential' }],
      'regexp/no-super-linear-move': ['error', { report: 'potential', ignorePartial: false }],
      ...Object.fromEntries(REGEXP_RULES.map((name) => [`regexp/${name}`, 'error'])),
    },
  },
  {
    files: ['src/**/*.ts'],
    rules: {
      'max-lines': ['error', { max: 300 }],
      'max-lines-per-function': ['error', { max: 60, skipBlankLines: true, skipComments: true }],
      'max-params': ['error', 4],
      'no-restricted-syntax': ['error', ...everywhere, ...impure, exits, streams],
    },
  },
  { files: ['src/report/**'], rules: { 'no-restricted-syntax': ['error', ...everywhere, ...impure, exits] } },
  { files: ['src/cli.ts', 'src/main.ts'], rules: { 'no-restricted-syntax': ['error', ...everywhere] } },
  {
    files: ['src/system-clock.ts'],
    rules: { 'no-restricted-syntax': ['error', ...everywhere, streams, exits] },
  },
  { files: ['src/session/compose.ts'], rules: { 'no-restricted-syntax': ['error', ...everywhere, exits] } },
  {
    files: ['src/pipeline/**', 'src/run/**'],
    rules: mayNotImport([
      [[...sdk, ...node], 'pipeline/ and run/ are pure: declare a port in run/ports.ts.'],
      [
        ['**/emr/*', '**/local/*', '**/emr-local/*', '**/cli/*', '**/commands/*', '**/session/*'],
        'Only session/compose.ts joins adapters.',
      ],
    ]),
  },
  {
    files: ['src/emr-local/**'],
    rules: mayNotImport([
      [['**/emr/*'], 'emr-local is the other side of the wire.'],
      [['@aws-sdk/client-emr'], 'emr-local is the other side of the wire.'],
    ]),
  },
  {
    files: ['src/{config,lake,query,report,local}/**'],
    rules: mayNotImport([[sdk, 'SDK types stop at emr/ and store/.']]),
  },
  {
    files: ['test/**', 'scripts/**'],
    rules: {
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/unbound-method': 'off',
      'no-console': 'off',
    },
  },
  prettier,
);
