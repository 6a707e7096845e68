// The boundary table of CONTRIBUTING.md, one line a row, and the few rules for what people get wrong.
const nx = require('@nx/eslint-plugin');
const tseslint = require('typescript-eslint');

const tags = (...types) => types.map((type) => `type:${type}`);
const FRAMEWORKS = ['@nestjs/*', 'typeorm', 'kafkajs', '@grpc/*', 'rxjs'];
const NO_EDGES = ['@nestjs/*', 'kafkajs', '@grpc/*'];
const ALL_BUT_APP = tags(
  'contract',
  'kernel',
  'domain',
  'driver',
  'database',
  'projection',
  'adapter',
  'shell',
  'service',
  'composition',
);

// prettier-ignore
const BOUNDARIES = [
  { sourceTag: 'type:contract', onlyDependOnLibsWithTags: tags('contract'), bannedExternalImports: FRAMEWORKS },
  { sourceTag: 'type:kernel', onlyDependOnLibsWithTags: tags('contract'), bannedExternalImports: FRAMEWORKS },
  { sourceTag: 'type:domain', onlyDependOnLibsWithTags: tags('domain', 'kernel', 'contract'), bannedExternalImports: FRAMEWORKS },
  { sourceTag: 'type:driver', onlyDependOnLibsWithTags: tags('driver'), bannedExternalImports: FRAMEWORKS },
  { sourceTag: 'type:database', onlyDependOnLibsWithTags: tags('driver', 'kernel', 'contract'), bannedExternalImports: NO_EDGES },
  { sourceTag: 'type:projection', onlyDependOnLibsWithTags: tags('database', 'domain', 'kernel', 'contract'), bannedExternalImports: NO_EDGES },
  { sourceTag: 'type:adapter', onlyDependOnLibsWithTags: tags('driver', 'kernel', 'contract'), bannedExternalImports: ['@nestjs/*'] },
  { sourceTag: 'type:shell', onlyDependOnLibsWithTags: tags('kernel', 'contract'), bannedExternalImports: ['typeorm', 'kafkajs'] },
  { sourceTag: 'type:service', onlyDependOnLibsWithTags: tags('shell', 'projection', 'database', 'domain', 'kernel', 'contract'), bannedExternalImports: ['typeorm', 'kafkajs'] },
  { sourceTag: 'type:composition', onlyDependOnLibsWithTags: tags('shell', 'database', 'adapter', 'kernel', 'contract'), bannedExternalImports: ['typeorm', 'kafkajs'] },
  { sourceTag: 'type:app', onlyDependOnLibsWithTags: ALL_BUT_APP },
  { sourceTag: 'type:testing', onlyDependOnLibsWithTags: [...ALL_BUT_APP, 'type:testing'] },
  { sourceTag: 'scope:shared', onlyDependOnLibsWithTags: ['scope:shared'] },
  { sourceTag: 'scope:registry', onlyDependOnLibsWithTags: ['scope:registry', 'scope:shared'] },
  { sourceTag: 'scope:xds', onlyDependOnLibsWithTags: ['scope:xds', 'scope:shared'] },
  { sourceTag: 'scope:rules', onlyDependOnLibsWithTags: ['scope:rules', 'scope:shared'] },
];
// A spec may also use what exists for tests.
const inSpecs = BOUNDARIES.map((row) => ({
  ...row,
  onlyDependOnLibsWithTags: [...row.onlyDependOnLibsWithTags, 'type:testing'],
}));
const boundaries = (depConstraints) => ({
  '@nx/enforce-module-boundaries': ['error', { depConstraints, enforceBuildableLibDependency: false, allow: [] }],
});

// Nx looks away at Node's own modules, so the purity of kernel and domain needs rules of its own: time and I/O come in as arguments.
const PURE = [
  'libs/event-sourcing/src/**/*.ts',
  'libs/events/src/**/*.ts',
  'libs/registry/domain/src/**/*.ts',
  'libs/rules/domain/src/**/*.ts',
  'libs/xds/{mesh,snapshot,protocol}/src/**/*.ts',
];
const SPECS = ['**/*.spec.ts', '**/fixtures/**/*.ts', 'libs/testing/**/*.ts', 'apps/*-e2e/**/*.ts'];

module.exports = [
  { ignores: ['**/dist', '**/node_modules', 'libs/proto/src/gen', '.nx', '**/*.js', '**/*.mjs'] },
  ...tseslint.configs.recommended,
  {
    files: ['**/*.ts'],
    plugins: { '@nx': nx },
    languageOptions: {
      parserOptions: { projectService: { allowDefaultProject: ['*.ts'] }, tsconfigRootDir: __dirname },
    },
    rules: {
      ...boundaries(BOUNDARIES),
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      '@typescript-eslint/consistent-type-imports': ['error', { disallowTypeAnnotations: false }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      'no-restricted-exports': ['error', { restrictDefaultExports: { direct: true } }],
    },
  },
  {
    files: PURE,
    ignores: ['**/*.spec.ts'],
    rules: {
      'no-restricted-imports': [
        'error',
        { patterns: [{ regex: '^node:(?!crypto$)', message: 'Pure code: let the caller do the I/O.' }] },
      ],
      'no-restricted-globals': ['error', 'Date', 'setTimeout', 'setInterval', 'setImmediate', 'process', 'performance'],
    },
  },
  { files: SPECS, rules: { ...boundaries(inSpecs), '@typescript-eslint/no-non-null-assertion': 'off' } },
];
