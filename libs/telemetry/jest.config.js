const preset = require('../../jest.preset.js');

const [typescript] = Object.values(preset.transform);

module.exports = {
  displayName: 'telemetry',
  preset: '../../jest.preset.js',
  // The exporter imports node:http when it first sends, in a way that Jest cannot follow: compiled like our own code, it can.
  transform: {
    'otlp-exporter-base/.+\\.js$': [typescript[0], { ...typescript[1], jsc: { target: 'es2022' } }],
  },
  transformIgnorePatterns: ['/node_modules/(?!@opentelemetry/otlp-exporter-base/)'],
};
