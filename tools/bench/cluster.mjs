// The parts of `npm run bench -- --cluster`: registry and xds-push as processes over MySQL and Kafka, all on this machine.
import { createConnection } from 'mysql2/promise';
import testing from '@thuban/testing';
import { load } from './run-load.mjs';
import { cpuMs, rssMiB } from './server.mjs';

const PARTS = ['mysql', 'kafka', 'registry', 'xds-push'];
const LIMIT_MS = 180_000;

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Asks until `holds(status of the process)` does; resolves with the milliseconds that took. */
const until = async (what, http, holds) => {
  const started = performance.now();
  for (;;) {
    const status = await fetch(`${http}/v1/status`).then((answer) => answer.json());
    if (holds(status)) return performance.now() - started;
    if (performance.now() - started > LIMIT_MS) throw new Error(`${what}: not within ${LIMIT_MS / 1000} s`);
    await pause(50);
  }
};
const isPublished = ({ sections: { cluster } }) =>
  cluster.relays.some(({ log, active, lagEvents }) => log === 'registry' && active && lagEvents === 0);
const isProjected = ({ projections }) =>
  projections.length > 0 && projections.every(({ lagEvents }) => lagEvents === 0);

/** A cluster of its own on free ports, with the process ids as they are now. */
const startCluster = async () => {
  const stack = await testing.startStack(PARTS, { own: true });
  const pids = { ...stack.pids };
  const [registry, xdsPush] = ['registry', 'xds-push'].map((name) => stack.addressesOf(name));
  const httpOf = (address) => (address.http.startsWith('http') ? address.http : `http://${address.http}`);
  return {
    pids,
    sdk: registry.sdk,
    xds: xdsPush.xds,
    http: httpOf(registry),
    xdsHttp: httpOf(xdsPush),
    mysqlUrl: `${stack.mysqlUrl}/thuban`,
    /** Resolves with the milliseconds that it took; `start` ends when the part is ready. */
    order: async (order, part) => {
      const started = performance.now();
      pids[part] = await stack.order(order, part);
      return performance.now() - started;
    },
    stop: () => stack.stop(),
  };
};

const withCluster = async (work) => {
  const cluster = await startCluster();
  try {
    return await work(cluster);
  } finally {
    await cluster.stop();
  }
};

const cpuOf = ({ pids }) => Object.fromEntries(PARTS.map((part) => [part, cpuMs(pids[part])]));

/** A load with what each process used per operation, in µs; what it left to do for relay and projection counts too. */
const withCpu = async (cluster, scenario, options) => {
  const before = cpuOf(cluster);
  const result = await load(scenario, { sdk: cluster.sdk, xds: cluster.xds, ...options });
  await until('the events are published', cluster.http, isPublished);
  await until('the rows are there', cluster.http, isProjected);
  const after = cpuOf(cluster);
  const us = (part) => ((after[part] - before[part]) * 1000) / result.operations;
  return {
    ...result,
    registryUs: us('registry'),
    mysqlUs: us('mysql'),
    kafkaUs: us('kafka'),
    xdsPushUs: us('xds-push'),
  };
};

const registerMany = (cluster, total, namespace) =>
  load('register', { sdk: cluster.sdk, callers: 128, total, namespace, services: 500 });

const forgetRows = async (url) => {
  const connection = await createConnection(url);
  try {
    await connection.query("DELETE FROM checkpoint WHERE projection LIKE 'registry-%'");
    const [tables] = await connection.query("SHOW TABLES LIKE 'registry\\_%'");
    for (const name of tables.flatMap(Object.values)) await connection.query(`TRUNCATE ${name}`);
  } finally {
    await connection.end();
  }
};

const expectInstances = async ({ http }, wanted) => {
  const { counts } = await fetch(`${http}/v1/status`).then((answer) => answer.json());
  if (counts.instances !== wanted) throw new Error(`there are ${counts.instances} instances, not ${wanted}`);
};

/** The parts by name; `repeat` and `report` are those of report.mjs. */
export const clusterParts = ({ repeat, report, runs, instances }) => ({
  register: () =>
    withCluster(async (cluster) => {
      await registerMany(cluster, 5000, 'warm');
      for (const callers of [32, 128]) {
        const options = (run) => ({ callers, total: 20_000, namespace: `reg-${callers}-${run}`, services: 100 });
        await repeat(`register, ${callers} callers`, (run) => withCpu(cluster, 'register', options(run)));
        await repeat(`deregister, ${callers} callers`, (run) => withCpu(cluster, 'deregister', options(run)));
      }
    }),

  propagation: () =>
    withCluster((cluster) =>
      repeat('register → MySQL → Kafka → EDS push', (run) =>
        withCpu(cluster, 'propagation', { namespace: 'prop', service: `svc-${run}`, samples: 300 }),
      ),
    ),

  relay: () =>
    withCluster((cluster) =>
      repeat('relay, 20,000 events behind', async (run) => {
        await cluster.order('stop', 'kafka');
        await registerMany(cluster, 20_000, `behind-${run}`);
        await cluster.order('start', 'kafka');
        const ms = await until('the events are published', cluster.http, isPublished);
        return { ms, perSecond: 20_000 / (ms / 1000) };
      }),
    ),

  rebuild: () =>
    withCluster(async (cluster) => {
      await registerMany(cluster, instances, 'big');
      await repeat(`start without rows, ${instances} instances`, async () => {
        await until('the rows are there', cluster.http, isProjected);
        await cluster.order('stop', 'registry');
        await forgetRows(cluster.mysqlUrl);
        const ms = await cluster.order('start', 'registry');
        await expectInstances(cluster, instances);
        return { ms, projectedMs: ms + (await until('the rows are there', cluster.http, isProjected)) };
      });
    }),

  restart: () =>
    withCluster(async (cluster) => {
      await registerMany(cluster, instances / 2, 'big');
      for (const [part, http] of [
        ['registry', cluster.http],
        ['xds-push', cluster.xdsHttp],
      ]) {
        await until('the rows are there', http, isProjected);
        const samples = [];
        for (let run = 0; run < runs; run++) {
          await cluster.order('stop', part);
          samples.push({ ms: await cluster.order('start', part), rssMiB: rssMiB(cluster.pids[part]) });
        }
        report(`${part}: restart with ${instances / 2} until ready`, samples);
      }
    }),
});
