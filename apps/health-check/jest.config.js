module.exports = { displayName: 'health-check', preset: '../../jest.preset.js' };
