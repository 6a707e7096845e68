import { createConnection, type Connection, type QueryError, type ResultSetHeader } from 'mysql2';
import type { MysqlAddress } from '@thuban/mysql';

/** A row, by column. */
export type Row = readonly (string | number | null)[];

/** The connection failed after the statement was sent, or no answer came in time: nobody knows yet what became of it. */
export class ConnectionLost extends Error {
  override readonly name = 'ConnectionLost';
}

/** What MySQL said to a statement that it did not carry out. Nothing of the statement has happened. */
export class StatementRefused extends Error {
  override readonly name = 'StatementRefused';
  constructor(
    message: string,
    /** MySQL's error number. */
    readonly errno: number,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** One connection. Statements go one after another. */
export interface Session {
  /** MySQL's number of the connection. */
  readonly connectionId: number;
  /**
   * The rows of a SELECT; none for other statements.
   * @throws ConnectionLost, StatementRefused.
   */
  rows(sql: string, answerMs?: number): Promise<readonly Row[]>;
  /**
   * The first rows of a SELECT, until their last columns have `lengthMax` characters (at least one row). When there are more, the
   * connection is given up: the server would send them all.
   * @throws ConnectionLost, StatementRefused.
   */
  firstRows(sql: string, lengthMax: number): Promise<readonly Row[]>;
  /** How many rows a statement changed. @throws ConnectionLost, StatementRefused. */
  write(sql: string, answerMs?: number): Promise<number>;
  /** Drops the connection without a farewell. */
  destroy(): void;
}

/** Server errors that say that the connection ends, so that the outcome is unknown: shutdown, killed, interrupted. */
const ENDING = new Set([1053, 1077, 1078, 1079, 1152, 1158, 1159, 1160, 1161, 1184, 1317, 1927, 3169, 4031]);
const CONNECT_MS = 2000;
const ANSWER_MS = 3000;

const isQueryError = (error: unknown): error is QueryError => error instanceof Error && 'code' in error;

/** An AggregateError (several addresses of one name) has no message of its own. */
export const messageOf = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error);
  return error.message || (isQueryError(error) ? error.code : error.name);
};

const lostBy = (error: QueryError): ConnectionLost =>
  new ConnectionLost(`the connection to MySQL was lost: ${messageOf(error)}`, { cause: error });
const outcomeOf = (error: QueryError): ConnectionLost | StatementRefused =>
  error.fatal || error.errno === undefined || ENDING.has(error.errno)
    ? lostBy(error)
    : new StatementRefused(error.message, error.errno, { cause: error });

const connected = (address: MysqlAddress): Promise<Connection> =>
  new Promise((resolve, reject) => {
    const { host, port, user, password, database } = address;
    const connection = createConnection({
      ...{ host, port, user, password, database },
      charset: 'utf8mb4',
      connectTimeout: CONNECT_MS,
      rowsAsArray: true,
      enableKeepAlive: true,
      keepAliveInitialDelay: 10_000,
    });
    const late = setTimeout(() => fail(new Error(`no greeting within ${CONNECT_MS} ms`)), CONNECT_MS);
    const fail = (error: Error): void => {
      clearTimeout(late);
      connection.destroy();
      reject(error);
    };
    connection.once('error', fail);
    connection.connect((error) => {
      if (error) return fail(error);
      clearTimeout(late);
      connection.off('error', fail);
      resolve(connection);
    });
  });

/**
 * Connects, or fails within two seconds.
 * @throws the driver's error.
 */
export const openSession = async (address: MysqlAddress, onLost: () => void): Promise<Session> => {
  const connection = await connected(address);
  const pending = new Set<(error: Error) => void>();
  let ended = false;
  const end = (error: Error): void => {
    if (ended) return;
    ended = true;
    connection.destroy();
    for (const fail of pending) fail(error);
    onLost();
  };
  connection.on('error', (error: QueryError) => end(lostBy(error)));
  connection.on('end', () => end(new ConnectionLost('MySQL closed the connection')));

  /** Bounds what `send` does in time, and ends it when the connection ends. */
  const ask = <R>(
    answerMs: number,
    send: (resolve: (answer: R) => void, reject: (error: QueryError) => void) => void,
  ): Promise<R> =>
    new Promise((resolve, reject) => {
      if (ended) return reject(new ConnectionLost('the connection to MySQL is closed'));
      const late = setTimeout(
        () => end(new ConnectionLost(`MySQL did not answer within ${answerMs} ms`)),
        Math.max(1, answerMs),
      );
      const settle = (): void => {
        clearTimeout(late);
        pending.delete(fail);
      };
      const fail = (error: Error): void => {
        settle();
        reject(error);
      };
      pending.add(fail);
      send(
        (answer) => {
          settle();
          resolve(answer);
        },
        (error) => {
          const outcome = outcomeOf(error);
          fail(outcome);
          if (outcome instanceof ConnectionLost) end(outcome);
        },
      );
    });
  const answerTo = <R>(sql: string, answerMs: number): Promise<R> =>
    ask<R>(answerMs, (resolve, reject) =>
      connection.query({ sql, rowsAsArray: true }, (error, answer) => (error ? reject(error) : resolve(answer as R))),
    );
  const firstRows = (sql: string, lengthMax: number): Promise<readonly Row[]> =>
    ask(ANSWER_MS, (resolve, reject) => {
      const rows: Row[] = [];
      let length = 0;
      const query = connection.query({ sql, rowsAsArray: true });
      query.on('error', reject);
      query.on('end', () => resolve(rows));
      query.on('result', (row: unknown) => {
        if (length >= lengthMax) {
          resolve(rows);
          return end(new ConnectionLost('the rest of an answer was not wanted'));
        }
        rows.push(row as Row);
        length += String((row as Row).at(-1)).length;
      });
    });

  return {
    connectionId: connection.threadId,
    rows: (sql, answerMs = ANSWER_MS) => answerTo<readonly Row[]>(sql, answerMs),
    firstRows,
    write: async (sql, answerMs = ANSWER_MS) => (await answerTo<ResultSetHeader>(sql, answerMs)).affectedRows,
    destroy: () => end(new ConnectionLost('the connection was given up')),
  };
};
