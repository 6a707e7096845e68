module.exports = { displayName: 'xds-protocol', preset: '../../../jest.preset.js' };
