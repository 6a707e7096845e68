module.exports = { displayName: 'xds-server', preset: '../../../jest.preset.js' };
