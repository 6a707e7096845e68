module.exports = { displayName: 'xds-read-model', preset: '../../../jest.preset.js' };
