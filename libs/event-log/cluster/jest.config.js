module.exports = { displayName: 'event-log-cluster', preset: '../../../jest.preset.js' };
