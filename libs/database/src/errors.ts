import { DatabaseUnavailable, StoreRefused } from '@thuban/event-sourcing';

/** The database of the rows cannot be opened or read. */
export class DatabaseRefused extends StoreRefused {
  override readonly name: string = 'DatabaseRefused';
}

/** A newer release has changed the schema. */
export class NewerDatabase extends DatabaseRefused {
  override readonly name = 'NewerDatabase';
}

interface DriverError {
  readonly message?: unknown;
  readonly code?: unknown;
  readonly errno?: unknown;
}

/** By its fields and not by its class: the native part of SQLite throws the class of whoever loaded it first into the process. */
export const driverError = (error: unknown): DriverError => (error ?? {}) as DriverError;

/** What is wrong with the values of a statement: no null, duplicate, out of range, truncated, wrong value, too long, no JSON, a check. */
const DATA_ERRNOS: ReadonlySet<unknown> = new Set([1048, 1062, 1264, 1265, 1292, 1366, 1406, 1690, 3140, 3819, 4025]);
const DATA_CODES = /^SQLITE_(CONSTRAINT|MISMATCH|RANGE|TOOBIG)/;

const DUPLICATE_CODES: ReadonlySet<unknown> = new Set([
  'ER_DUP_ENTRY',
  'SQLITE_CONSTRAINT_PRIMARYKEY',
  'SQLITE_CONSTRAINT_UNIQUE',
]);

export const isDuplicate = (error: unknown): boolean => DUPLICATE_CODES.has(driverError(error).code);

/** Whether the values of a statement are to blame. */
export const isAboutValues = (error: unknown): boolean => {
  const { code, errno } = driverError(error);
  return DATA_ERRNOS.has(errno) || (typeof code === 'string' && DATA_CODES.test(code));
};

/** All that is not known to be the fault of a value is taken for the database's, so that nothing is parked for a full disk. */
export const unavailable = (error: unknown, where: string): DatabaseUnavailable =>
  new DatabaseUnavailable(`${where}: ${messageOf(error)}`, { cause: error });

/** An AggregateError (several addresses of one name) has no message of its own. */
export const messageOf = (error: unknown): string => {
  const { message, code } = driverError(error);
  return typeof message === 'string' && message !== '' ? message : String(code ?? error);
};
