export { driverFor, Sqlite, SQLITE_PACKAGE, type SqliteConnection } from './driver.js';
