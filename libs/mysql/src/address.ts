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

/** Or one sentence for the operator. It does not repeat the text, which may hold a password. */
export type ParsedAddress =
  { readonly ok: true; readonly address: MysqlAddress } | { readonly ok: false; readonly sentence: string };

const FORM = 'mysql://user:password@host:port/database';

const refused = (sentence: string): ParsedAddress => ({ ok: false, sentence });

const decoded = (part: string): string | undefined => {
  try {
    return decodeURIComponent(part);
  } catch {
    return undefined;
  }
};

/**
 * Reads the URL of a database. The user is root and the port 3306 when they are absent.
 * @example parseMysqlUrl('mysql://root@127.0.0.1:3306/thuban') // { ok: true, address: { database: 'thuban', … } }
 */
export const parseMysqlUrl = (text: string): ParsedAddress => {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol !== 'mysql:' || url.hostname === '')
    return refused(`the MySQL URL is not of the form ${FORM}; correct it`);
  const [database, user, password] = [url.pathname.slice(1), url.username, url.password].map(decoded);
  const host = decoded(url.hostname.replace(/^\[(.*)\]$/, '$1'));
  if (database === undefined || user === undefined || password === undefined || host === undefined)
    return refused('the MySQL URL holds a "%" that encodes nothing; write %25 for the sign itself');
  if (database === '' || database.includes('/'))
    return refused(`the MySQL URL for ${url.host} names no database; write ${FORM}`);
  const who = user || 'root';
  const port = Number(url.port || 3306);
  const where = `mysql://${who}@${url.hostname}:${port}/${database}`;
  return { ok: true, address: { host, port, user: who, password, database, where } };
};
