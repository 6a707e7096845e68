import { DataSource, type EntitySchema } from 'typeorm';
import { DatabaseRefused } from './errors.js';
import { migrate, migrationClass, ownEntities, ownMigrations, type Migration } from './migrations.js';
import { mysqlRefusalOf, PACKET_BYTES_MIN } from './mysql-refusals.js';
import type { MysqlAddress } from '@thuban/mysql';
import { silent } from './sqlite-database.js';

const CONNECT_MS = 5_000;
/** How long one process waits while another makes the tables. */
const LOCK_SECONDS = 60;

interface Steps {
  readonly entities: readonly EntitySchema[];
  readonly migrations?: readonly Migration[];
}

const sourceFor = (address: MysqlAddress, table: string, { entities, migrations = [] }: Required<Steps>): DataSource =>
  new DataSource({
    type: 'mysql',
    host: address.host,
    port: address.port,
    username: address.user,
    password: address.password,
    database: address.database,
    charset: 'utf8mb4',
    connectTimeout: CONNECT_MS,
    entities: [...entities],
    migrations: migrations.map(migrationClass),
    migrationsTableName: table,
    logger: silent,
  });

/** Connects, works, and lets go. */
const withSource = async (source: DataSource, work: (source: DataSource) => Promise<void>): Promise<void> => {
  await source.initialize();
  try {
    await work(source);
  } finally {
    await source.destroy();
  }
};

const one = async (source: Pick<DataSource, 'query'>, sql: string, parameters: unknown[] = []): Promise<unknown> => {
  const [row] = (await source.query(sql, parameters)) as readonly Record<string, unknown>[];
  return Object.values(row ?? {})[0];
};

/** Processes that start at once make their tables one after the other; the lock goes with the connection that holds it. */
const underLock = async (source: DataSource, address: MysqlAddress, work: () => Promise<void>): Promise<void> => {
  const holder = source.createQueryRunner();
  const name = `thuban tables of ${address.database}`.slice(0, 64);
  try {
    if (Number(await one(holder, 'SELECT GET_LOCK(?, ?)', [name, LOCK_SECONDS])) !== 1)
      throw new DatabaseRefused(
        `another process has been making the tables on ${address.where} for ${LOCK_SECONDS} s; see what it waits for, then start again`,
      );
    await work();
  } finally {
    await holder.query('SELECT RELEASE_LOCK(?)', [name]).catch(() => undefined);
    await holder.release();
  }
};

const refuseSmallPackets = async (source: DataSource, { where }: MysqlAddress): Promise<void> => {
  const bytes = Number(await one(source, 'SELECT @@max_allowed_packet'));
  if (bytes < PACKET_BYTES_MIN)
    throw new DatabaseRefused(
      `MySQL at ${where} has max_allowed_packet = ${bytes}, too little for a thousand rows; set it to ${PACKET_BYTES_MIN} or more`,
    );
};

/**
 * Makes the tables that all services share and those of one service, each by the list of steps that its own table remembers.
 * @throws DatabaseRefused
 */
export const migrateMysql = async (
  address: MysqlAddress,
  { service, entities, migrations = [] }: Steps & { readonly service: string },
): Promise<void> => {
  const newer = (step: string): string =>
    `the tables on ${address.where} were changed by a newer release ("${step}"); use that release for all processes`;
  const shared = sourceFor(address, 'migrations_shared', { entities: ownEntities, migrations: ownMigrations });
  const table = `migrations_${service.replaceAll(/[^a-z0-9]/g, '_')}`;
  const own = sourceFor(address, table, { entities, migrations });
  try {
    await withSource(shared, async (source) => {
      await refuseSmallPackets(source, address);
      await underLock(source, address, async () => {
        await migrate(source, ownMigrations, newer);
        await withSource(own, () => migrate(own, migrations, newer));
      });
    });
  } catch (error) {
    throw mysqlRefusalOf(error, address);
  }
};
