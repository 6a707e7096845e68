module.exports = { displayName: 'event-log-embedded', preset: '../../../jest.preset.js' };
