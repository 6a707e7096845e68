// One set of specs for both modes (THUBAN_E2E_MODE, see src/support/mode.ts); the few that are about one of them say so in their name.
const mode = process.env.THUBAN_E2E_MODE ?? 'embedded';
const OF_OTHERS = {
  embedded: ['\\.cluster\\.e2e\\.spec\\.ts$'],
  // The files of deploy/ are the same in both modes: once is enough.
  cluster: ['\\.embedded\\.e2e\\.spec\\.ts$', '/deploy\\.e2e\\.spec\\.ts$'],
};

module.exports = {
  displayName: `standalone-e2e ${mode}`,
  preset: '../../jest.preset.js',
  globalSetup: './global-setup.js',
  setupFilesAfterEnv: ['<rootDir>/src/support/setup.ts'],
  testPathIgnorePatterns: ['/node_modules/', ...OF_OTHERS[mode]],
  testTimeout: mode === 'cluster' ? 120_000 : 60_000, // a cluster is many processes to start
};
