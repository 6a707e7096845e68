module.exports = { displayName: 'rules-service', preset: '../../../jest.preset.js' };
