// The fault suite is a stage of its own (`npm run test:faults`): a run over all unit tests leaves it out.
const faults = process.env.THUBAN_FAULTS !== undefined;

module.exports = {
  displayName: 'cluster-faults',
  preset: '../../jest.preset.js',
  testMatch: [faults ? '<rootDir>/src/**/*.faults.spec.ts' : '<rootDir>/src/**/!(*.faults).spec.ts'],
  testTimeout: 120_000,
};
