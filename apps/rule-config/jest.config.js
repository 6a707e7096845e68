module.exports = { displayName: 'rule-config', preset: '../../jest.preset.js' };
