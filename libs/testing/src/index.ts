export { fakeClock } from './clock.js';
export type { FakeClock } from './clock.js';
export { clockContract } from './clock-contract.js';
export type { ClockFixture } from './clock-contract.js';
export { databaseContract } from './database-contract.js';
export type { DatabaseFixture } from './database-contract.js';
export {
  CONTRACT_SHARDS,
  eventLogContract,
  everythingIn,
  expectDenseAndChained,
  someCommit,
  someEvent,
  someWrite,
  takeEvents,
} from './event-log-contract.js';
export type { EventLogFixture } from './event-log-contract.js';
export { goldenEvents, goldenRecords } from './golden-events.js';
export type { GoldenRecord } from './golden-events.js';
export { openMemoryLog } from './memory-log.js';
export { oneTrace } from './one-trace.js';
export type { ExpectedSpan, ExpectedTrace } from './one-trace.js';
export { startOtlpReceiver } from './otlp-receiver.js';
export type { OtlpReceiver } from './otlp-receiver.js';
export type { ReceivedSpan } from './otlp-spans.js';
export { anInstance, recorded } from './recorded.js';
export {
  memorySource,
  testResource,
  type MemorySource,
  type TestContent,
  type TestResource,
  type TestXdsType,
} from './xds-source.js';
export { openMemoryDatabase } from './memory-database.js';
export type { MemoryDatabase, MemoryTx } from './memory-database.js';
export {
  ADS_TYPE_URL,
  adsChannel,
  connectAds,
  type AdsChannel,
  type AdsClient,
  type AdsClientOptions,
  type AdsResponse,
} from './ads-client.js';
export { describeWithStack, startStack, type Stack, type StackOptions } from './stack.js';
export type { StackAddresses, StackOrder, StackPart, StackProcess } from './stack-child.js';
export { startTcpProxy, type TcpProxy } from './tcp-proxy.js';
export { compileProgram, NODE_PATH } from './compile-program.js';
