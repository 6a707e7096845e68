module.exports = { displayName: 'thubanctl', preset: '../../jest.preset.js' };
