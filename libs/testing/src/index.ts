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
export { openMemoryLog } from './memory-log.js';
