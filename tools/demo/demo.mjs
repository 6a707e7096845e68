// `npm run demo`: Thuban, two providers and a real Envoy on this machine; what happens when a weight moves and an instance goes.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { Agent, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureBuilt } from '../start/build.mjs';
import { freeOffset, provider, script, start, until } from './processes.mjs';

const CTL = 'apps/thubanctl/dist/main.js';
const REQUESTS = 1000;
const CALLERS = 8;
const CLUSTER = 'OUTBOUND|default|echo';
const colour = process.stdout.isTTY && !process.env.NO_COLOR;
const bold = (text) => (colour ? `\u001b[1m${text}\u001b[0m` : text);
const say = (text = '') => console.log(text);
const step = (text) => say(`\n${bold(text)}`);
const ms = (value) => `${value < 10 ? value.toFixed(1) : Math.round(value)} ms`;

/** What to undo at the end, newest first. */
const cleanups = [];
const cleanUp = async () => {
  for (const undo of cleanups.splice(0).reverse()) await undo();
};

const startThuban = async (directory, offset) => {
  const log = join(directory, 'thuban.log');
  const flags = ['--data-dir', join(directory, 'data'), '--port-offset', String(offset)];
  const thuban = start(process.execPath, ['apps/standalone/dist/main.js', ...flags], log);
  cleanups.push(thuban.stop);
  const http = `http://127.0.0.1:${8090 + offset}`;
  const { ms: bootMs } = await until('Thuban is ready', async () => {
    if (thuban.hasEnded()) throw new Error(`Thuban did not start:\n${await readFile(log, 'utf8')}`);
    return fetch(`${http}/readyz`).then(
      ({ ok }) => ok,
      () => false,
    );
  });
  say(`  Thuban      ready in ${ms(bootMs)}, HTTP ${http}, xDS 127.0.0.1:${15010 + offset}`);
  return http;
};

const callApi = async (method, url, body) => {
  const response = await fetch(url, {
    method,
    headers: { 'content-type': 'application/json' },
    ...(body && { body: JSON.stringify(body) }),
  });
  if (!response.ok) throw new Error(`${method} ${url}: ${response.status} ${await response.text()}`);
  return response.status === 204 ? undefined : response.json();
};

const startEnvoy = async (directory, offset) => {
  const binary = (await script('tools/stack/stack.mjs', 'envoy')).trim().split('\n').at(-1);
  const ports = { listener: 15001 + offset, admin: 15000 + offset };
  const flags = [
    '--listener-port',
    ports.listener,
    '--admin-port',
    ports.admin,
    '--xds',
    `127.0.0.1:${15010 + offset}`,
  ];
  const config = join(directory, 'envoy.yaml');
  await writeFile(config, await script(CTL, 'bootstrap', 'envoy', '--node', 'default/demo', ...flags.map(String)));
  const args = ['-c', config, '-l', 'warning', '--disable-hot-restart', '--concurrency', '1'];
  const envoy = start(binary, args, join(directory, 'envoy.log'));
  cleanups.push(envoy.stop);
  return { ...ports, envoy };
};

const agent = new Agent({ keepAlive: true, maxSockets: CALLERS });

/** One request for `echo` through Envoy: the status and who answered. */
const ask = (port) =>
  new Promise((resolve) => {
    const sent = request({ host: '127.0.0.1', port, agent, headers: { host: 'echo' } }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk) => (text += chunk));
      response.on('end', () => resolve({ status: response.statusCode, text }));
    });
    sent.on('error', (error) => resolve({ status: 0, text: error.message })).end();
  });

/** Several callers that go on until `done()`; answers how often each text came, failures by their status. */
const traffic = async (port, done) => {
  const counts = {};
  const caller = async () => {
    while (!done()) {
      const { status, text } = await ask(port);
      const who = status === 200 ? text : `failed with ${status}`;
      counts[who] = (counts[who] ?? 0) + 1;
    }
  };
  await Promise.all(Array.from({ length: CALLERS }, caller));
  return counts;
};

const split = async (port, count = REQUESTS) => {
  let left = count;
  return traffic(port, () => left-- <= 0);
};

const showSplit = (counts) => {
  const total = Object.values(counts).reduce((sum, n) => sum + n, 0);
  for (const [who, n] of Object.entries(counts).sort(([a], [b]) => (a < b ? -1 : 1)))
    say(`  ${who.padEnd(10)}  ${'█'.repeat(Math.round((n / total) * 50)).padEnd(50)}  ${n} of ${total}`);
};

/** The weights that Envoy has for the providers now, by address. */
const weightsIn = async (adminPort) => {
  const text = await fetch(`http://127.0.0.1:${adminPort}/clusters`).then((response) => response.text());
  const lines = text.split('\n').filter((line) => line.startsWith(`${CLUSTER}::`));
  return Object.fromEntries(
    lines.flatMap((line) =>
      [...line.matchAll(/::([\d.]+:\d+)::weight::(\d+)$/g)].map(([, at, weight]) => [at, Number(weight)]),
    ),
  );
};

const demo = async () => {
  if (!(await ensureBuilt())) return 1;
  const directory = await mkdtemp(join(tmpdir(), 'thuban-demo-'));
  cleanups.push(
    () => rm(directory, { recursive: true, force: true }),
    () => agent.destroy(),
  );
  const offset = await freeOffset([8090, 8091, 15000, 15001, 15010]);

  step('1  Start');
  const http = await startThuban(directory, offset);
  const providers = [await provider('echo-1'), await provider('echo-2')];
  const [first, second] = providers;
  for (const { name, port, stop } of providers) {
    cleanups.push(stop);
    say(`  ${name.padEnd(10)}  listens on 127.0.0.1:${port}`);
  }
  const instances = `${http}/v1/namespaces/default/services/echo/instances`;
  const register = ({ port }, weight) =>
    callApi('POST', instances, { host: '127.0.0.1', port, weight, protocol: 'http' });
  await register(first, 90);
  const { id } = await register(second, 10);
  say('  registered  default/echo: echo-1 with weight 90, echo-2 with weight 10');

  const { listener, admin, envoy } = await startEnvoy(directory, offset);
  const { ms: servedMs } = await until('Envoy serves echo', async () => {
    if (envoy.hasEnded()) throw new Error(`Envoy did not start:\n${await readFile(envoy.logFile, 'utf8')}`);
    return (await ask(listener)).status === 200;
  });
  say(`  Envoy       first 200 after ${ms(servedMs)}, process start included (delta ADS)`);

  step(`2  ${REQUESTS} requests to http://echo through Envoy`);
  showSplit(await split(listener));

  step('3  Move the weight of echo-2 from 10 to 90');
  const movedMs = performance.now();
  await callApi('PATCH', `${instances}/${id}`, { weight: 90 });
  const durableMs = performance.now() - movedMs;
  await until('Envoy has the weight', async () => (await weightsIn(admin))[`127.0.0.1:${second.port}`] === 90);
  say(`  durable after ${ms(durableMs)}, in Envoy after ${ms(performance.now() - movedMs)}`);
  showSplit(await split(listener));

  step('4  Deregister echo-2 under load');
  let stopped = false;
  const running = traffic(listener, () => stopped);
  await until('echo-2 has traffic', () => performance.now() - second.seen.lastMs < 50);
  const removedMs = performance.now();
  await callApi('DELETE', `${instances}/${id}`);
  await until('Envoy has dropped echo-2', async () => !(`127.0.0.1:${second.port}` in (await weightsIn(admin))));
  const before = first.seen.requests;
  await until('echo-1 goes on alone', () => first.seen.requests >= before + REQUESTS);
  stopped = true;
  const failed = Object.entries(await running).filter(([who]) => who.startsWith('failed'));
  say(`  the last request reached echo-2 ${ms(Math.max(0, second.seen.lastMs - removedMs))} after the call was made`);
  say(
    failed.length === 0 ? '  no request failed' : `  failures: ${failed.map(([who, n]) => `${n} ${who}`).join(', ')}`,
  );
  showSplit(await split(listener));

  step('5  What the event log says');
  process.stdout.write((await script(CTL, 'events', '--server', http)).replace(/^/gm, '  ').trimEnd());
  say('\n\nTry it yourself: npm start, then `npx thubanctl --help`.');
  return 0;
};

// A second Ctrl-C ends at once.
process.once('SIGINT', () => void cleanUp().finally(() => process.exit(130)));
process.once('SIGTERM', () => void cleanUp().finally(() => process.exit(143)));
try {
  process.exitCode = await demo();
} catch (error) {
  console.error(`demo: ${error.message}`);
  process.exitCode = 1;
} finally {
  await cleanUp();
}
