import { LogUnavailable } from '@thuban/event-sourcing';
import { closeQuietly, openConnection, refusalOf, type Connection } from './connection.js';

/** What a log sees of its store: the connection, and a way out of one that failed. */
export interface Connections {
  /**
   * The open connection; after a failure the file is opened anew first.
   * @throws LogUnavailable while that fails, or when the store is closed.
   */
  current(): Connection;
  /** Gives up a connection that failed: what it says about the file cannot be trusted any more. */
  discard(): void;
}

/** The connection to `file`. `onOpened` is told of each one, before anybody uses it. */
export const createConnections = (file: string, onOpened: (db: Connection) => void) => {
  let closed = false;
  const open = (again: boolean): Connection => {
    const opened = openConnection(file, again);
    try {
      onOpened(opened);
      return opened;
    } catch (error) {
      closeQuietly(opened);
      throw error instanceof LogUnavailable ? error : refusalOf(error, file);
    }
  };
  let db: Connection | undefined = open(false);
  const discard = (): void => {
    closeQuietly(db);
    db = undefined;
  };
  return {
    current: (): Connection => {
      if (closed) throw new LogUnavailable('the event log is closed');
      try {
        return (db ??= open(true));
      } catch (error) {
        if (error instanceof LogUnavailable) throw error;
        throw new LogUnavailable(`the event log could not be opened again: ${(error as Error).message}`, {
          cause: error,
        });
      }
    },
    discard,
    close: (): void => {
      closed = true;
      discard();
    },
  };
};
