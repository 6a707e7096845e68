module.exports = { displayName: 'xds-push', preset: '../../jest.preset.js' };
