export type { DiscoverAnswer, Outcome } from './sdk/answer-bytes.js';
export { createDiscoverAnswers, decodeDiscoverRequest } from './sdk/discover-answers.js';
export type { DiscoverAnswers, DiscoverAnswersOptions } from './sdk/discover-answers.js';
export type { RegistryCommitter } from './sdk/instance-calls.js';
export { registrySdk } from './sdk/registry-sdk.js';
export type { RegistrySdk, RegistrySdkOptions } from './sdk/registry-sdk.js';
export { serviceRevision } from './sdk/revision.js';
export type { SdkMethod, SdkStats } from './sdk/sdk-stats.js';
