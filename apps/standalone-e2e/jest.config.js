module.exports = { displayName: 'standalone-e2e', preset: '../../jest.preset.js' };
