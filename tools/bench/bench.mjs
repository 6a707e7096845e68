// `npm run bench`: starts the built product on a scratch directory, drives it from another process, prints ranges over several runs.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { cpus, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { clusterParts } from './cluster.mjs';
import { envoyFirstRequest } from './envoy.mjs';
import { createReport } from './report.mjs';
import { load } from './run-load.mjs';
import { cpuMs, rssMiB, startServer } from './server.mjs';

const HELP = `npm run bench [-- options] [part…]

Parts (default: all): boot register discover heartbeat propagation envoy fanout streams restart
  --cluster         measure registry and xds-push over MySQL and Kafka (tools/stack) instead of the one process;
                    its parts: register propagation relay rebuild restart
  --runs N          repeat each measurement N times and print the range (default 3)
  --instances N     instances for the restart and rebuild parts (default 100000; the restart of the cluster has half)
  --json FILE       also write all figures as JSON
  --port-offset N   shift the ports of the server under test (default 4000)
Figures need Linux (/proc). Server and load share this machine's cores: compare within one run.`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    runs: { type: 'string', default: '3' },
    instances: { type: 'string', default: '100000' },
    cluster: { type: 'boolean', default: false },
    json: { type: 'string' },
    'port-offset': { type: 'string', default: '4000' },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) {
  console.log(HELP);
  process.exit(0);
}
const runs = Number(values.runs);
const portOffset = Number(values['port-offset']);
const restartInstances = Number(values.instances);
const { figures, report, repeat } = createReport(runs);

/** A load with the server's CPU per operation, in µs. */
const withCpu = async (server, scenario, options) => {
  const before = cpuMs(server.pid);
  const result = await load(scenario, { ...server, ...options });
  return { ...result, cpuUs: ((cpuMs(server.pid) - before) * 1000) / result.operations };
};

const withServer = async (work) => {
  const dataDir = await mkdtemp(join(tmpdir(), 'thuban-bench-'));
  const server = await startServer(dataDir, portOffset);
  try {
    return await work(server, dataDir);
  } finally {
    await server.stop().catch(() => {});
    await rm(dataDir, { recursive: true, force: true });
  }
};

const EMBEDDED = {
  boot: () =>
    repeat('boot to ready, empty', () => withServer(async ({ bootMs, pid }) => ({ ms: bootMs, rssMiB: rssMiB(pid) }))),

  register: () =>
    withServer(async (server) => {
      for (const [callers, total] of [
        [1, 2000],
        [32, 20000],
        [128, 20000],
      ]) {
        const options = (run) => ({ callers, total, namespace: `reg-${callers}-${run}`, services: 100 });
        await repeat(`register, ${callers} callers`, (run) => withCpu(server, 'register', options(run)));
        await repeat(`deregister, ${callers} callers`, (run) => withCpu(server, 'deregister', options(run)));
      }
    }),

  discover: () =>
    withServer(async (server) => {
      for (const instances of [10, 100, 1000]) {
        await load('register', {
          ...server,
          callers: 32,
          total: instances,
          namespace: 'disc',
          services: 1,
          extra: { service: `size-${instances}` },
        });
        const options = { callers: 32, namespace: 'disc', service: `size-${instances}`, instances };
        await repeat(`discover unchanged, ${instances} instances`, () =>
          withCpu(server, 'discover', { ...options, total: 80000, changed: false }),
        );
        await repeat(`discover whole answer, ${instances} instances`, () =>
          withCpu(server, 'discover', { ...options, total: instances > 100 ? 8000 : 40000, changed: true }),
        );
      }
    }),

  heartbeat: () =>
    withServer(async (server) => {
      const base = { namespace: 'beat', services: 100, extra: { healthCheck: { type: 1, heartbeat: { ttl: 60 } } } };
      await load('register', { ...server, ...base, callers: 128, total: 10000 });
      for (const callers of [32, 128])
        await repeat(`heartbeat, ${callers} callers`, () =>
          withCpu(server, 'heartbeat', { ...base, callers, total: 50000, instances: 10000 }),
        );
    }),

  propagation: () =>
    withServer(async (server) => {
      await repeat('register → EDS push', (run) =>
        load('propagation', { ...server, namespace: 'prop', service: `svc-${run}`, samples: 300 }),
      );
    }),

  envoy: () =>
    withServer((server) =>
      repeat('register → first request through Envoy', (run) =>
        envoyFirstRequest(server, { run, samples: 50, portOffset }),
      ),
    ),

  fanout: async () => {
    for (const streams of [100, 1000])
      await repeat(`one change to ${streams} delta streams`, () =>
        withServer(async (server) => {
          let before = 0;
          const changes = 10;
          const result = await load(
            'fanout',
            { ...server, namespace: 'fan', service: 'svc', streams, changes, perConnection: 1 },
            () => void (before = cpuMs(server.pid)),
          );
          return { ...result, cpuMsPerChange: (cpuMs(server.pid) - before) / changes };
        }),
      );
  },

  streams: () =>
    repeat('memory of 1000 idle delta streams', () =>
      withServer(async (server) => {
        const before = rssMiB(server.pid);
        const idle = { namespace: 'idle', service: 'svc', streams: 1000, changes: 0, perConnection: 1, settleMs: 5000 };
        return load('fanout', { ...server, ...idle }, () => ({
          kibPerStream: ((rssMiB(server.pid) - before) * 1024) / 1000,
          rssMiB: rssMiB(server.pid),
        }));
      }),
    ),

  restart: () => {
    const samples = { registered: [], restarted: [] };
    return (async () => {
      for (let run = 0; run < runs; run++) {
        const dataDir = await mkdtemp(join(tmpdir(), 'thuban-bench-'));
        const first = await startServer(dataDir, portOffset);
        await load('register', { ...first, callers: 128, total: restartInstances, namespace: 'big', services: 500 });
        await new Promise((wait) => setTimeout(wait, 5000));
        const registered = rssMiB(first.pid);
        await new Promise((wait) => setTimeout(wait, 40_000)); // V8 gives back what it does not need after half a minute of rest
        samples.registered.push({ rssMiB: registered, restedMiB: rssMiB(first.pid), ms: await first.stop() });
        const second = await startServer(dataDir, portOffset);
        const { total } = await (
          await fetch(`${second.http}/v1/status`)
        )
          .json()
          .then((status) => ({ total: status.counts?.instances }));
        if (total !== restartInstances)
          throw new Error(`after the restart there are ${total} instances, not ${restartInstances}`);
        await new Promise((wait) => setTimeout(wait, 2000));
        samples.restarted.push({ ms: second.bootMs, rssMiB: rssMiB(second.pid) });
        await second.stop();
        await rm(dataDir, { recursive: true, force: true });
      }
      report(`${restartInstances} registered; SIGTERM takes`, samples.registered);
      report(`restart with ${restartInstances} until ready`, samples.restarted);
    })();
  },
};

const PARTS = values.cluster ? clusterParts({ repeat, report, runs, instances: restartInstances }) : EMBEDDED;
const parts = positionals.length > 0 ? positionals : Object.keys(PARTS);
for (const part of parts) if (!PARTS[part]) throw new Error(`unknown part "${part}"; see npm run bench -- --help`);
console.log(
  `Node ${process.version}, ${cpus().length} × ${cpus()[0].model}, ${Math.round(totalmem() / 2 ** 30)} GiB, ${runs} runs each`,
);
for (const part of parts) await PARTS[part]();
if (values.json)
  await writeFile(
    values.json,
    `${JSON.stringify({ node: process.version, cpu: cpus()[0].model, runs, figures }, null, 2)}\n`,
  );
