// What a stack is made of, in the order of dependence: whatever a part needs stands before it.
//
// A part is `{ name, title, ports, needs, missing, obtain, prepare, command, ask, facts }`:
//   ports     its ports by a name that is unique in the stack, before the offset
//   needs     names of parts that must be ready before it starts
//   missing   () => why it cannot be had on this machine, in one sentence, or undefined; installs nothing
//   obtain    () => software: finds or installs its program; throws Unavailable when that cannot be
//   prepare   (context) => fills context.folder when it is empty
//   command   (context) => { command, args, env? }
//   ask       (context) => resolves when it answers as it should, rejects otherwise
//   facts     (context) => what its users must know, merged into one object for the whole stack
// and context is `{ software, folder, ports, dataDir }`, ports being those of the whole stack.
import { front } from './front.mjs';
import { kafka } from './kafka.mjs';
import { mariadb } from './mariadb.mjs';
import { thubanApp } from './thuban.mjs';

/** Every part there is. The well-known ports are the front's, so the processes behind it have others. */
export const PARTS = [
  mariadb,
  kafka,
  thubanApp('registry', { 'http-port': 18090, 'sdk-port': 18091 }),
  thubanApp('rule-config', { 'http-port': 18092 }),
  thubanApp('xds-push', { 'http-port': 18094, 'xds-port': 18010 }),
  thubanApp('health-check', { 'http-port': 18095 }),
  thubanApp(
    'audit',
    { 'http-port': 18096 },
    {
      needs: ['kafka', 'registry'],
      settings: ({ folder, ports }) => ({
        'kafka-brokers': `127.0.0.1:${ports.kafka}`,
        'registry-url': `http://127.0.0.1:${ports['registry.http-port']}`,
        'data-dir': folder,
      }),
    },
  ),
  front,
];

/** These parts and all that they need, in the order of dependence. */
export const withNeeds = (parts) => {
  const wanted = new Set(parts.map(({ name }) => name));
  for (const part of [...PARTS].reverse()) if (wanted.has(part.name)) part.needs.forEach((name) => wanted.add(name));
  return PARTS.filter(({ name }) => wanted.has(name));
};

/**
 * The parts of a comma-separated list, in the order of dependence; all of them without a list.
 * @throws an Error that names the one that does not exist.
 */
export const partsNamed = (list) => {
  if (list === undefined) return PARTS;
  const names = list.split(',').filter(Boolean);
  const unknown = names.find((name) => !PARTS.some((part) => part.name === name));
  if (unknown)
    throw new Error(`There is no part "${unknown}"; there are: ${PARTS.map(({ name }) => name).join(', ')}.`);
  return PARTS.filter(({ name }) => names.includes(name));
};

/** Why each part that cannot be had here cannot, by its name. */
export const missingOf = (parts) =>
  Object.fromEntries(
    parts.flatMap((part) => {
      const why = part.missing();
      return why === undefined ? [] : [[part.name, why]];
    }),
  );
