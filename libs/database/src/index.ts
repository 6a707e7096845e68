export type { SqlValue } from './dialect.js';
export { DatabaseRefused, NewerDatabase } from './errors.js';
export { recreateTables } from './migrations.js';
export type { Migration } from './migrations.js';
export { openDatabase } from './open-database.js';
export type { DatabaseOptions, ReadModelDatabase, ReadModelTx, SqlRow } from './open-database.js';
