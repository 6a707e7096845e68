module.exports = { displayName: 'registry-read-model', preset: '../../../jest.preset.js' };
