// The part of the demo with a real Envoy: requests, a weight that moves, an instance that goes while requests run.
import { readFile, writeFile } from 'node:fs/promises';
import { Agent, request } from 'node:http';
import { join } from 'node:path';
import { line, ms, say, showSplit, step } from './print.mjs';
import { script, start, until } from './processes.mjs';

const REQUESTS = 1000;
const CALLERS = 8;
const CLUSTER = 'OUTBOUND|default|echo';

const startEnvoy = async (binary, { ctl, directory, offset, defer }) => {
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
  await writeFile(config, await script(ctl, 'bootstrap', 'envoy', '--node', 'default/demo', ...flags.map(String)));
  const args = ['-c', config, '-l', 'warning', '--disable-hot-restart', '--concurrency', '1'];
  const envoy = start(binary, args, join(directory, 'envoy.log'));
  defer(envoy.stop);
  const { ms: servedMs } = await until('Envoy serves echo', async () => {
    if (envoy.hasEnded()) throw new Error(`Envoy did not start:\n${await readFile(envoy.logFile, 'utf8')}`);
    return (await ask(ports.listener)).status === 200;
  });
  line('Envoy', `first 200 after ${ms(servedMs)}, the start of its process included (delta ADS)`);
  return ports;
};

const agent = new Agent({ keepAlive: true, maxSockets: CALLERS });

/** One request for `echo`: the status and who answered. */
const ask = (port) =>
  new Promise((resolve) => {
    const sent = request({ host: '127.0.0.1', port, agent, headers: { host: 'echo' } }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk) => (text += chunk));
      response.on('end', () => resolve({ status: response.statusCode, text }));
    });
    sent.on('error', (error) => resolve({ status: 0, text: error.message })).end();
  });

/** Several callers that go on until `done()`; answers how often each provider answered, and failures by their status. */
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

const split = (port) => {
  let left = REQUESTS;
  return traffic(port, () => left-- <= 0);
};

/** The weights that Envoy has now, by address of the provider. */
const weightsIn = async (adminPort) => {
  const text = await fetch(`http://127.0.0.1:${adminPort}/clusters`).then((response) => response.text());
  const lines = text.split('\n').filter((each) => each.startsWith(`${CLUSTER}::`));
  const pairs = lines.flatMap((each) => [...each.matchAll(/::([\d.]+:\d+)::weight::(\d+)$/g)]);
  return Object.fromEntries(pairs.map(([, address, weight]) => [address, Number(weight)]));
};

const moveWeight = async ({ listener, admin }, { second, change }) => {
  const startedMs = performance.now();
  await change('PATCH', { weight: 90 });
  const durableMs = performance.now() - startedMs;
  await until('Envoy has the weight', async () => (await weightsIn(admin))[second.address] === 90);
  say(`  durable after ${ms(durableMs)}, in Envoy after ${ms(performance.now() - startedMs)}`);
  showSplit(await split(listener));
};

const removeUnderLoad = async ({ listener, admin }, { first, second, change, defer }) => {
  let stopped = false;
  defer(() => (stopped = true));
  const running = traffic(listener, () => stopped);
  await until('echo-2 has traffic', () => performance.now() - second.seen.lastMs < 50);
  const startedMs = performance.now();
  await change('DELETE');
  await until('Envoy has dropped echo-2', async () => !(second.address in (await weightsIn(admin))));
  const before = first.seen.requests;
  await until('echo-1 goes on alone', () => first.seen.requests >= before + REQUESTS);
  stopped = true;
  const failures = Object.entries(await running).filter(([who]) => who.startsWith('failed'));
  const lastMs = Math.max(0, second.seen.lastMs - startedMs);
  say(`  the last request reached echo-2 ${ms(lastMs)} after the call was made`);
  say(
    `  ${failures.length === 0 ? 'no request failed' : failures.map(([who, n]) => `${n} requests ${who}`).join(', ')}`,
  );
  showSplit(await split(listener));
};

/** Steps 2 to 4 through the Envoy at this path. */
export const withEnvoy = async (binary, world) => {
  world.defer(() => agent.destroy());
  const ports = await startEnvoy(binary, world);
  step(`2  ${REQUESTS} requests for http://echo through Envoy`);
  showSplit(await split(ports.listener));
  step('3  Move the weight of echo-2 from 10 to 90');
  await moveWeight(ports, world);
  step('4  Deregister echo-2 under load');
  await removeUnderLoad(ports, world);
};
