import { DatabaseRefused } from './errors.js';

/** Where MySQL is and who asks. */
export interface MysqlAddress {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
  /** For messages: without the password. */
  readonly where: string;
}

const FORM = 'mysql://user:password@host:port/database';

const parsed = (text: string): URL | undefined => {
  try {
    return new URL(text);
  } catch {
    return undefined;
  }
};

/**
 * @example mysqlAddress('mysql://root@127.0.0.1:3306/thuban').database // 'thuban'
 * @throws DatabaseRefused when it is not such a URL. The text is not repeated: it may hold a password.
 */
export const mysqlAddress = (text: string): MysqlAddress => {
  const url = parsed(text);
  if (url?.protocol !== 'mysql:' || url.hostname === '')
    throw new DatabaseRefused(`the MySQL URL is not of the form ${FORM}; correct it`);
  const database = decoded(url.pathname.slice(1));
  if (database === '' || database.includes('/'))
    throw new DatabaseRefused(`the MySQL URL for ${url.host} names no database; write ${FORM}`);
  const user = decoded(url.username) || 'root';
  const port = Number(url.port || 3306);
  return {
    ...{ user, port, database },
    host: decoded(url.hostname.replace(/^\[(.*)\]$/, '$1')),
    password: decoded(url.password),
    where: `mysql://${user}@${url.hostname}:${port}/${database}`,
  };
};

const decoded = (part: string): string => {
  try {
    return decodeURIComponent(part);
  } catch {
    throw new DatabaseRefused(`the MySQL URL holds a "%" that encodes nothing; write %25 for the sign itself`);
  }
};
