module.exports = { displayName: 'mysql', preset: '../../jest.preset.js' };
