module.exports = {
  displayName: 'standalone-e2e',
  preset: '../../jest.preset.js',
  globalSetup: './global-setup.js',
  testTimeout: 60_000,
};
