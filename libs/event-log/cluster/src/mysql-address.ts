import { StoreRefused } from './errors.js';

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

/**
 * @example parseMysqlUrl('mysql://root@127.0.0.1:3306/thuban')
 * @throws StoreRefused when it is not such a URL. The text is not repeated: it may hold a password.
 */
export const parseMysqlUrl = (text: string): MysqlAddress => {
  const url = parsed(text);
  if (!url || url.protocol !== 'mysql:' || url.hostname === '')
    throw new StoreRefused(`the MySQL URL is not of the form ${FORM}; correct it`);
  const database = decodeURIComponent(url.pathname.slice(1));
  const host = decodeURIComponent(url.hostname.replace(/^\[(.*)\]$/, '$1'));
  if (database === '' || database.includes('/'))
    throw new StoreRefused(`the MySQL URL for ${url.host} names no database; write ${FORM}`);
  const user = decodeURIComponent(url.username) || 'root';
  const port = Number(url.port || 3306);
  const where = `mysql://${user}@${url.hostname}:${port}/${database}`;
  return { host, port, user, password: decodeURIComponent(url.password), database, where };
};

const parsed = (text: string): URL | undefined => {
  try {
    return new URL(text);
  } catch {
    return undefined;
  }
};
