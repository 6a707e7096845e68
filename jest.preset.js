// One preset for every project. `npx jest -c <project>/jest.config.js` runs one; Nx runs them all.
const { resolve } = require('node:path');

module.exports = {
  testMatch: ['<rootDir>/src/**/*.spec.ts'],
  testEnvironment: 'node',
  // Read the sources of the other libs, not their build output.
  testEnvironmentOptions: { customExportConditions: ['@thuban/source', 'node', 'require', 'default'] },
  // Sources import each other as './x.js', as Node's module resolution asks of TypeScript.
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      {
        swcrc: false,
        jsc: {
          parser: { syntax: 'typescript', decorators: true },
          transform: { legacyDecorator: true, decoratorMetadata: true },
          target: 'es2022',
          keepClassNames: true,
        },
        module: { type: 'commonjs' },
        sourceMaps: 'inline',
      },
    ],
  },
  moduleFileExtensions: ['ts', 'js', 'json', 'node'],
  collectCoverageFrom: ['src/**/*.ts', '!src/**/*.spec.ts'],
  cacheDirectory: resolve(__dirname, '.nx/jest'),
};
