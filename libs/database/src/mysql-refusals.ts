import { DatabaseRefused, messageOf } from './errors.js';
import type { MysqlAddress } from '@thuban/mysql';

/** An event may have 256 Ki characters, and a statement carries a million (or one row) of up to 3 bytes, escaped. */
export const PACKET_BYTES_MIN = 8 * 1024 * 1024;

const sentenceFor = (errno: number, message: string, { where, user, database }: MysqlAddress): string | undefined => {
  switch (errno) {
    case 1045: // ER_ACCESS_DENIED_ERROR
    case 1698: // ER_ACCESS_DENIED_NO_PASSWORD_ERROR
      return `MySQL at ${where} does not let the user "${user}" in (${message}); correct the user or the password`;
    case 1044: // ER_DBACCESS_DENIED_ERROR
    case 1142: // ER_TABLEACCESS_DENIED_ERROR
    case 1143: // ER_COLUMNACCESS_DENIED_ERROR
    case 1227: // ER_SPECIFIC_ACCESS_DENIED_ERROR
      return `the user "${user}" may not do what the read models need on ${where} (${message}); GRANT ALL on \`${database}\`.* to it`;
    case 1049: // ER_BAD_DB_ERROR
      return `MySQL at ${where} has no database "${database}"; create it, or correct the URL`;
    case 1040: // ER_CON_COUNT_ERROR
      return `MySQL at ${where} has no connection left (${message}); raise max_connections`;
    default:
      return undefined;
  }
};

/** The sentence for an error of opening. */
export const mysqlRefusalOf = (error: unknown, address: MysqlAddress): DatabaseRefused => {
  if (error instanceof DatabaseRefused) return error;
  const { errno, code } = error as { readonly errno?: unknown; readonly code?: unknown };
  const message = messageOf(error);
  const known = typeof errno === 'number' && sentenceFor(errno, message, address);
  if (known) return new DatabaseRefused(known, { cause: error });
  // The driver's own codes and those of the operating system; MySQL's begin with ER_.
  if (typeof code === 'string' && !code.startsWith('ER_'))
    return new DatabaseRefused(
      `MySQL at ${address.where} cannot be reached (${message}); start it, or correct the URL`,
      { cause: error },
    );
  return new DatabaseRefused(`MySQL at ${address.where} cannot be used: ${message}`, { cause: error });
};
