module.exports = { displayName: 'registry-domain', preset: '../../../jest.preset.js' };
