import tseslint from 'typescript-eslint';
import prettier from 'eslint-config-prettier';

const SIZE = {
  'max-lines': ['error', { max: 300, skipBlankLines: true, skipComments: true }],
  'max-lines-per-function': ['error', { max: 40, skipBlankLines: true, skipComments: true }],
  complexity: ['error', { max: 8, variant: 'modified' }],
  'max-depth': ['error', 2],
  'max-params': ['error', 4],
};

const PORTS =
  'A run has to be repeatable: take Clock and Randomness of @uplift/runtime in the constructor.';

/** What gives another answer in every run. */
const UNREPEATABLE = {
  globals: ['setTimeout', 'setInterval', 'setImmediate', 'performance'].map((name) => ({
    name,
    message: PORTS,
  })),
  syntax: [
    "MemberExpression[object.name='Date'][property.name='now']",
    "MemberExpression[object.name='Math'][property.name='random']",
    "MemberExpression[object.name='AbortSignal'][property.name='timeout']",
    "NewExpression[callee.name='Date'][arguments.length=0]",
  ].map((selector) => ({ selector, message: PORTS })),
  imports: {
    paths: [
      ...[
        'node:timers',
        'node:timers/promises',
        'node:perf_hooks',
        'timers',
        'timers/promises',
      ].map((name) => ({ name, message: PORTS })),
      ...['node:crypto', 'crypto'].map((name) => ({
        name,
        importNames: ['randomUUID', 'randomBytes', 'randomInt', 'getRandomValues', 'webcrypto'],
        message: PORTS,
      })),
    ],
  },
};

/** The clock and the randomness of the system, and adapters of clients that need a timer of their own. */
const MAY_BE_UNREPEATABLE = [
  'libs/runtime/src/time/*.ts',
  'libs/event-store/src/esdb.*.ts',
  'libs/client/src/waits.ts',
  '**/testing/**',
  '**/test/**',
  '**/*.{spec,suite}.ts',
];

export default tseslint.config(
  { ignores: ['dist/', 'node_modules/', 'coverage/', '**/*.js', '**/*.mjs', '**/*.cjs'] },
  ...tseslint.configs.recommendedTypeChecked,
  ...tseslint.configs.stylisticTypeChecked,
  prettier,
  {
    languageOptions: {
      parserOptions: { project: './tsconfig.json', tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      ...SIZE,
      'no-console': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      '@typescript-eslint/no-non-null-assertion': 'error',
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', varsIgnorePattern: '^_' },
      ],
      '@typescript-eslint/consistent-type-definitions': 'off',
      '@typescript-eslint/consistent-indexed-object-style': 'off',
      '@typescript-eslint/no-extraneous-class': 'off',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      'no-restricted-properties': [
        'error',
        { object: 'process', property: 'env', message: 'Read configuration through libs/runtime.' },
      ],
    },
  },
  {
    files: ['apps/**/*.ts', 'libs/**/*.ts'],
    ignores: MAY_BE_UNREPEATABLE,
    rules: {
      'no-restricted-globals': ['error', ...UNREPEATABLE.globals],
      'no-restricted-syntax': ['error', ...UNREPEATABLE.syntax],
      'no-restricted-imports': ['error', UNREPEATABLE.imports],
    },
  },
  {
    files: ['libs/domain/src/**/*.ts'],
    ignores: ['**/*.spec.ts', '**/testing/**'],
    rules: {
      'no-restricted-globals': ['error', ...UNREPEATABLE.globals, 'Date', 'process', 'fetch'],
      'no-restricted-syntax': [
        'error',
        ...UNREPEATABLE.syntax,
        { selector: 'AwaitExpression', message: 'The domain is pure: no await.' },
        { selector: 'Decorator', message: 'The domain is pure: no decorators.' },
      ],
    },
  },
  {
    files: ['libs/runtime/src/config/**/*.ts', 'test/**/*.ts', 'tools/**/*.ts', 'bench/**/*.ts'],
    rules: { 'no-restricted-properties': 'off' },
  },
  {
    files: ['tools/**/*.ts', 'bench/**/*.ts', 'test/**/main.ts', 'apps/cli/**/*.ts'],
    rules: { 'no-console': 'off' },
  },
  {
    files: ['**/*.spec.ts', '**/*.suite.ts', 'test/**/*.ts'],
    rules: {
      'max-lines': ['error', 400],
      'max-lines-per-function': 'off',
      '@typescript-eslint/no-non-null-assertion': 'off',
    },
  },
);
