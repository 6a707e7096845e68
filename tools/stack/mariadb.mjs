// The database of the cluster: a MariaDB server on loopback with its binlog on, every commit on the disk before it is acknowledged.
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fillOnce } from './cache.mjs';
import { onPath, run, Unavailable } from './run.mjs';

const PACKAGES = ['mariadb-server-core', 'mariadb-client-core'];

const isRoot = () => process.getuid?.() === 0;

const installed = () => {
  const server = onPath('mariadbd', ['/usr/sbin']);
  const initialise = onPath('mariadb-install-db', ['/usr/sbin']);
  return server && initialise ? { server, initialise } : undefined;
};

const missing = () =>
  installed() || (isRoot() && onPath('apt-get'))
    ? undefined
    : `MariaDB: there is no mariadbd with mariadb-install-db on PATH, and only root on Debian can install it here (apt-get install ${PACKAGES.join(' ')}).`;

const installPackages = async () => {
  const apt = onPath('apt-get');
  console.error(`Installing ${PACKAGES.join(' and ')}`);
  const env = { DEBIAN_FRONTEND: 'noninteractive' };
  const patient = ['-qq', '-o', 'DPkg::Lock::Timeout=120'];
  await run(apt, ['update', ...patient], { env });
  await run(apt, ['install', '-y', ...patient, '--no-install-recommends', ...PACKAGES], { env });
};

const asRoot = () => (isRoot() ? ['--user=root'] : []);

const temporary = (folder) => join(folder, 'tmp');
const initFile = (folder) => join(folder, 'init.sql');
// The database that the processes of the cluster share; a server in a container makes it by itself too.
const INIT = 'CREATE DATABASE IF NOT EXISTS thuban CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;\n';

const optionsOf = ({ folder, ports }) => [
  '--no-defaults',
  ...asRoot(),
  `--init-file=${initFile(folder)}`,
  `--datadir=${join(folder, 'data')}`,
  `--tmpdir=${temporary(folder)}`, // a server that starts deletes what it finds of others in a shared one
  '--socket=mariadb.sock', // relative to the data directory: an absolute path may be too long for a socket
  '--pid-file=mariadb.pid',
  '--bind-address=127.0.0.1',
  `--port=${ports.mysql}`,
  '--skip-name-resolve',
  '--server-id=1',
  '--log-bin=binlog',
  '--binlog-format=ROW',
  '--sync-binlog=1',
  '--expire-logs-days=1',
  '--innodb-flush-log-at-trx-commit=1',
  '--innodb-buffer-pool-size=256M',
  '--max-connections=300',
  '--max-allowed-packet=64M',
  '--character-set-server=utf8mb4',
  '--collation-server=utf8mb4_bin',
  // What MySQL 8 has as its default, so that statements it would refuse are refused here too.
  '--sql-mode=ONLY_FULL_GROUP_BY,STRICT_TRANS_TABLES,NO_ZERO_IN_DATE,NO_ZERO_DATE,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION',
];

/** MariaDB in place of MySQL; user root without a password, on loopback only. */
export const mariadb = {
  name: 'mysql',
  title: 'MariaDB',
  ports: { mysql: 13306 },
  needs: [],
  missing,
  obtain: async () => {
    if (missing()) throw new Unavailable(missing());
    if (!installed()) await installPackages();
    return installed();
  },
  prepare: async ({ software, folder }) => {
    mkdirSync(temporary(folder), { recursive: true });
    writeFileSync(initFile(folder), INIT);
    const data = join(folder, 'data');
    if (existsSync(data)) return;
    const options = ['--auth-root-authentication-method=normal', '--skip-test-db'];
    await fillOnce(data, (scratch) =>
      run(software.initialise, ['--no-defaults', ...asRoot(), `--datadir=${scratch}`, ...options]),
    );
  },
  command: (context) => ({ command: context.software.server, args: optionsOf(context) }),
  ask: async ({ ports }) => {
    const { createConnection } = (await import('mysql2/promise')).default;
    const connection = await createConnection({
      host: '127.0.0.1',
      port: ports.mysql,
      user: 'root',
      connectTimeout: 2000,
    });
    await connection.query('SELECT 1').finally(() => connection.end());
  },
  facts: ({ ports }) => ({ mysqlUrl: `mysql://root@127.0.0.1:${ports.mysql}` }),
};
