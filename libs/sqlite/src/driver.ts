import { createRequire } from 'node:module';
import type Driver from 'better-sqlite3';

/** One open SQLite file. */
export type SqliteConnection = Driver.Database;

/**
 * The package that holds the driver for a release of Node, given as `process.versions.node` is. Line 12 of the driver, the last one for
 * Node 20, aborts on Node 24.19 and later when a statement is garbage collected; line 13 needs Node 22 (docs/adr/0009).
 */
export const driverFor = (nodeVersion: string): string =>
  Number.parseInt(nodeVersion, 10) < 22 ? 'better-sqlite3' : 'better-sqlite3-13';

/** The package that {@link Sqlite} comes from. */
export const SQLITE_PACKAGE = driverFor(process.versions.node);

/** Opens SQLite files: the constructor of better-sqlite3, of the line that runs on this Node. */
export const Sqlite = createRequire(__filename)(SQLITE_PACKAGE) as typeof Driver;
