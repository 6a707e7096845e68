// `npm run demo`: Thuban, two providers and a real Envoy on this machine; what happens when a weight moves and an instance goes.
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureBuilt } from '../start/build.mjs';
import { line, ms, say, step } from './print.mjs';
import { freeOffset, provider, script, start, until } from './processes.mjs';
import { withEnvoy } from './with-envoy.mjs';
import { withRawClient } from './with-raw-client.mjs';

const CTL = 'apps/thubanctl/dist/main.js';

/** What to undo at the end, newest first. What is started after Ctrl-C is stopped at once. */
const undos = [];
let interrupted = false;
const cleanUp = async () => {
  for (const undo of undos.splice(0).reverse()) await undo();
};
const defer = (undo) => {
  undos.push(undo);
  if (interrupted) void cleanUp();
};

const startThuban = async (directory, offset) => {
  const flags = ['--data-dir', join(directory, 'data'), '--port-offset', String(offset)];
  const thuban = start(process.execPath, ['apps/standalone/dist/main.js', ...flags], join(directory, 'thuban.log'));
  defer(thuban.stop);
  const http = `http://127.0.0.1:${8090 + offset}`;
  const { ms: bootMs } = await until('Thuban is ready', async () => {
    if (thuban.hasEnded()) throw new Error(`Thuban did not start:\n${await readFile(thuban.logFile, 'utf8')}`);
    return fetch(`${http}/readyz`).then(
      ({ ok }) => ok,
      () => false,
    );
  });
  line('Thuban', `ready in ${ms(bootMs)}, HTTP ${http}, xDS 127.0.0.1:${15010 + offset}`);
  return http;
};

const callApi = async (method, url, body) => {
  const json = body && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
  const response = await fetch(url, { method, ...json });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${url}: ${response.status} ${text}`);
  return text === '' ? undefined : JSON.parse(text);
};

const startProvider = async (name) => {
  const started = await provider(name);
  defer(started.stop);
  line(name, `listens on ${started.address}`);
  return started;
};

/** The path of an Envoy, or undefined after the reason was said (by the tool, on stderr). */
const findEnvoy = () =>
  script('tools/stack/stack.mjs', 'envoy').then(
    (out) => out.trim().split('\n').at(-1),
    () => undefined,
  );

const demo = async () => {
  if (!(await ensureBuilt())) return 1;
  const directory = await mkdtemp(join(tmpdir(), 'thuban-demo-'));
  defer(() => rm(directory, { recursive: true, force: true }));
  const offset = await freeOffset([8090, 8091, 15000, 15001, 15010]);
  const envoy = await findEnvoy();

  step('1  Start');
  const http = await startThuban(directory, offset);
  const [first, second] = [await startProvider('echo-1'), await startProvider('echo-2')];
  const instances = `${http}/v1/namespaces/default/services/echo/instances`;
  const register = ({ port }, weight) =>
    callApi('POST', instances, { host: '127.0.0.1', port, weight, protocol: 'http' });
  await register(first, 90);
  const { id } = await register(second, 10);
  line('registered', 'default/echo: echo-1 with weight 90, echo-2 with weight 10');

  const change = (method, body) => callApi(method, `${instances}/${id}`, body);
  const world = { ctl: CTL, directory, offset, first, second, change, defer };
  if (envoy === undefined) line('Envoy', 'cannot be had here, see above: a bare ADS client stands in for it');
  await (envoy === undefined ? withRawClient(world) : withEnvoy(envoy, world));

  step('5  What the event log says');
  say((await script(CTL, 'events', '--server', http)).replace(/^/gm, '  ').trimEnd());
  say('\nTry it yourself: npm start, then npx thubanctl --help');
  return 0;
};

// A second Ctrl-C ends at once.
const interrupt = (exitCode) => {
  interrupted = true;
  console.error('\ndemo: stopping what it started');
  void cleanUp().finally(() => process.exit(exitCode));
};
process.once('SIGINT', () => interrupt(130));
process.once('SIGTERM', () => interrupt(143));
try {
  process.exitCode = await demo();
} catch (error) {
  // What was stopped in the middle fails; that is no news.
  if (!interrupted) console.error(`demo: ${error.message}`);
  process.exitCode = 1;
} finally {
  await cleanUp();
}
