// From RegisterInstance to the first request that a real Envoy serves: a new service each time, so nothing is warm.
import { execFileSync, spawn } from 'node:child_process';
import { createServer, request } from 'node:http';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { connect, unary } from './grpc-client.mjs';
import { instance, PATHS } from './messages.mjs';

const ROOT = resolve(import.meta.dirname, '../..');
const ask = (port, host) =>
  new Promise((resolvePromise) => {
    const sent = request(
      { host: '127.0.0.1', port, path: '/', headers: { host }, agent: false, timeout: 2000 },
      (response) => {
        response.resume();
        response.on('end', () => resolvePromise(response.statusCode));
      },
    );
    sent.on('error', () => resolvePromise(0));
    sent.end();
  });
const percentile = (sorted, p) => sorted[Math.min(sorted.length - 1, Math.ceil(p * sorted.length) - 1)];

/** p50 and p99 in ms over `samples` services. Throws when no Envoy can be had. */
export const envoyFirstRequest = async (server, { run, samples, portOffset }) => {
  const envoyBin = execFileSync(process.execPath, [join(ROOT, 'tools/stack/stack.mjs'), 'envoy'], { encoding: 'utf8' })
    .trim()
    .split('\n')
    .at(-1);
  const listenerPort = 15001 + portOffset;
  const adminPort = 15000 + portOffset;
  const dir = await mkdtemp(join(tmpdir(), 'thuban-bench-envoy-'));
  const namespace = `envoy-${run}`;
  const bootstrap = execFileSync(
    process.execPath,
    [
      join(ROOT, 'apps/thubanctl/dist/main.js'),
      'bootstrap',
      'envoy',
      '--node',
      `${namespace}/bench`,
      '--xds',
      server.xds,
      '--listener-port',
      String(listenerPort),
      '--admin-port',
      String(adminPort),
    ],
    { encoding: 'utf8' },
  );
  const config = join(dir, 'envoy.yaml');
  await writeFile(config, bootstrap);
  const upstream = createServer((_, response) => response.end('ok')).listen(0, '127.0.0.1');
  const envoy = spawn(
    envoyBin,
    ['-c', config, '-l', 'error', '--base-id', String(portOffset + run), '--concurrency', '1'],
    { stdio: ['ignore', 'ignore', 'inherit'] },
  );
  try {
    const session = await connect(server.sdk);
    const register = (service) =>
      unary(
        session,
        PATHS.register,
        instance({ namespace, service, host: '127.0.0.1', port: upstream.address().port }),
      );
    const served = async (service) => {
      const started = performance.now();
      await register(service);
      while ((await ask(listenerPort, service)) !== 200) await new Promise((wait) => setTimeout(wait, 1));
      return performance.now() - started;
    };
    await served('warm-up');
    const latencies = [];
    for (let i = 0; i < samples; i++) latencies.push(await served(`svc-${i}`));
    session.close();
    latencies.sort((a, b) => a - b);
    return { operations: samples, p50Ms: percentile(latencies, 0.5), p99Ms: percentile(latencies, 0.99) };
  } finally {
    envoy.kill('SIGKILL');
    upstream.close();
    await rm(dir, { recursive: true, force: true });
  }
};
