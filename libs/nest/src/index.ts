export { apiPath, changed, created, DELETED, valid } from './api/answers.js';
export { attemptOf } from './api/attempt-of.js';
export type { OnRefused } from './api/attempt-of.js';
export { asJson, createWrites } from './api/writes.js';
export type { Answer, RefusedOptions, Write, Writes } from './api/writes.js';
export { eventView } from './api/event-view.js';
export type { EventView } from './api/event-view.js';
export { Input, Serves } from './api/operation.js';
export type { InputOf, Operation } from './api/operation.js';
export { compareKeys, pageOf, startOf } from './api/paging.js';
export type { Key, Page } from './api/paging.js';
export { processApi } from './api/process-api.js';
export { PROCESS_OPERATIONS } from './api/process-operations.js';
export type { ProcessApi, ProcessApiOptions } from './api/process-api.js';
export * as apiQueries from './api/queries.js';
export * as apiSchemas from './api/schemas.js';
export { bootstrap } from './bootstrap.js';
export type { BootstrapOptions, Running } from './bootstrap.js';
export { effectiveConfigText, helpText } from './config-text.js';
export { EDGE, GRPC_INTERNAL } from './edge.js';
export { follow, keepRunning } from './follow.js';
export type { Follower, Loop } from './follow.js';
export { CHANNEL_OPTIONS } from './grpc-server.js';
export type { GrpcListener, PackageDefinition } from './grpc-server.js';
export { lagCheck } from './lag-check.js';
export type { Progress } from './lag-check.js';
export { isLoopback } from './loopback.js';
export { hostOf, NETWORK_SETTINGS, shiftedPort } from './network.js';
export { assertPortsFree, holderOfPort } from './listening.js';
export type { ListenAddress } from './listening.js';
export { environmentNameOf, loadConfig } from './load-config.js';
export type { ConfigSources, LoadedConfig, Origin } from './load-config.js';
export { createLogger, LOG_LEVELS } from './logger.js';
export type { Logger, LogLevel } from './logger.js';
export { createMetrics, labelled, registerProcessMetrics } from './metrics.js';
export type { Distribution, Metrics, ProjectionLag, Reading } from './metrics.js';
export { suggestion } from './nearest.js';
export type { ReadinessCheck } from './operations.js';
export {
  choiceOption,
  integerOption,
  optionalTextOption,
  portOption,
  ratioOption,
  switchOption,
  textOption,
} from './options.js';
export type { Option, OptionTable, ValuesOf } from './options.js';
export { PROBLEM_CONTENT_TYPE, problemOf, RequestRefused } from './problem.js';
export type { FieldError, Problem } from './problem.js';
export { startProcessTelemetry, TELEMETRY_SETTINGS } from './process-telemetry.js';
export type { ProcessName, TelemetrySettings } from './process-telemetry.js';
export { runProgram } from './run-program.js';
export type { Config, Program } from './run-program.js';
export { startCommitter } from './start-committer.js';
export type { Folded } from './start-committer.js';
export { ensureWritableDirectory, StartupError } from './startup-error.js';
export { systemClock } from './system-clock.js';
export { versionIn } from './version-in.js';
