module.exports = { displayName: 'xds-mesh', preset: '../../../jest.preset.js' };
