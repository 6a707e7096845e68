export { parseMysqlUrl } from './address.js';
export type { MysqlAddress, ParsedAddress } from './address.js';
