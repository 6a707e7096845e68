module.exports = {
  displayName: 'standalone-e2e',
  preset: '../../jest.preset.js',
  globalSetup: './global-setup.js',
  setupFilesAfterEnv: ['<rootDir>/src/support/setup.ts'],
  testTimeout: 60_000,
};
