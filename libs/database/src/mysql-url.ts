import { parseMysqlUrl, type MysqlAddress } from '@thuban/mysql';
import { DatabaseRefused } from './errors.js';

/** @throws DatabaseRefused when the text is no URL of a database. */
export const mysqlAddress = (text: string): MysqlAddress => {
  const parsed = parseMysqlUrl(text);
  if (parsed.ok) return parsed.address;
  throw new DatabaseRefused(parsed.sentence);
};
