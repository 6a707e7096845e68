// The product's own processes as parts of a stack.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../workspace.mjs';
import { Unavailable } from './run.mjs';

const mainOf = (name) => join(root, 'apps', name, 'dist/main.js');

const missing = (name) => () =>
  existsSync(mainOf(name))
    ? undefined
    : `${name}: apps/${name}/dist/main.js is not there; run \`npm run build\` first.`;

const storesOf = ({ ports }) => ({
  'mysql-url': `mysql://root@127.0.0.1:${ports.mysql}/thuban`,
  'kafka-brokers': `127.0.0.1:${ports.kafka}`,
});

/**
 * A process of the cluster, from apps/NAME. It has `ports` by setting (`{ 'http-port': 18090 }`); in the stack a port is called
 * `NAME.SETTING`. `settings(context)` are the rest of its settings, by name.
 */
export const thubanApp = (name, ports, { needs = ['mysql', 'kafka'], settings = storesOf } = {}) => ({
  name,
  title: name,
  ports: Object.fromEntries(Object.entries(ports).map(([setting, port]) => [`${name}.${setting}`, port])),
  needs,
  missing: missing(name),
  obtain: async () => {
    const why = missing(name)();
    if (why) throw new Unavailable(why);
  },
  prepare: async () => {},
  command: (context) => ({
    command: process.execPath,
    args: [
      mainOf(name),
      ...Object.entries(settings(context)).map(([setting, value]) => `--${setting}=${value}`),
      ...Object.keys(ports).map((setting) => `--${setting}=${context.ports[`${name}.${setting}`]}`),
    ],
  }),
  ask: async (context) => {
    const answer = await fetch(`http://127.0.0.1:${context.ports[`${name}.http-port`]}/readyz`);
    const text = await answer.text();
    if (!answer.ok) throw new Error(text);
  },
  facts: (context) => ({
    [name]: Object.fromEntries(
      Object.keys(ports).map((setting) => [
        setting.replace('-port', ''),
        `127.0.0.1:${context.ports[`${name}.${setting}`]}`,
      ]),
    ),
  }),
});
