export * as envoy from './envoy.js';
export * as health from './health.js';
export * as polaris from './polaris.js';
export {
  grpcPackageDefinition,
  type GrpcMethodDefinition,
  type GrpcPackageDefinition,
  type GrpcPackageOptions,
} from './package-definition.js';
