module.exports = { displayName: 'xds-snapshot', preset: '../../../jest.preset.js' };
