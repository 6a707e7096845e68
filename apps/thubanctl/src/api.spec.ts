import { randomUUID } from 'node:crypto';
import { createCommitter, type EventLog } from '@thuban/event-sourcing';
import { REGISTRY_LOG, REGISTRY_SHARDS, shardOf, type RegistryEvent } from '@thuban/events';
import { bootstrap, createLogger, createMetrics, processApi, systemClock, type Running } from '@thuban/nest';
import {
  createRegistryState,
  registryDecider,
  type RegistryCommand,
  type RegistryEntry,
} from '@thuban/registry-domain';
import { REGISTRY_OPERATIONS, registryHttp } from '@thuban/registry-service';
import { openMemoryLog } from '@thuban/testing';
import { captureIo } from './capture-io.js';
import type { CapturedIo } from './capture-io.js';
import { run } from './program.js';

/** The real API on a log in memory; nothing is registered in it. */
const serve = (log: EventLog, port = 0): Promise<Running> => {
  const state = createRegistryState();
  const committer = createCommitter<RegistryCommand, RegistryEvent, RegistryEntry>({
    log,
    decider: registryDecider,
    state,
    folded: new Array<number>(REGISTRY_SHARDS).fill(0),
    clock: systemClock,
    afterPoll: setImmediate,
    newCommitId: randomUUID,
  });
  const api = processApi({
    logs: [log],
    clock: systemClock,
    version: '1.2.3',
    operations: Object.values(REGISTRY_OPERATIONS),
    counts: state.counts,
    statusSections: { xds: () => ({ streams: [] }) },
  });
  return bootstrap({
    name: 'test',
    modules: [registryHttp({ committer, state }), api.module],
    http: { what: 'HTTP', host: '127.0.0.1', port },
    grpc: [],
    logger: createLogger('test', 'silent'),
    metrics: createMetrics(),
    checks: [],
    signals: false,
  });
};

let log: EventLog;
let server: Running;
const address = (): string => `http://127.0.0.1:${server.ports.http}`;

beforeEach(async () => {
  log = openMemoryLog({ name: REGISTRY_LOG, shards: REGISTRY_SHARDS });
  server = await serve(log);
});
afterEach(() => server.close());

const ctl = async (...args: readonly string[]) => {
  const io = captureIo({ THUBANCTL_SERVER: address() });
  return { code: await run(args, io), out: io.outText(), err: io.errText() };
};
const ok = async (...args: readonly string[]): Promise<string> => {
  const { code, out, err } = await ctl(...args);
  expect({ args, code, err: code === 0 ? '' : err }).toEqual({ args, code: 0, err: '' });
  return out;
};
const registered = async (...args: readonly string[]): Promise<string> => (await ok('register', ...args)).trim();

/** Registers without the cost of a command line. */
const post = (instance: object): Promise<Response> =>
  fetch(`${address()}/v1/namespaces/default/services/echo/instances`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(instance),
  });

describe('register and get', () => {
  it('registers with everything that was said, and prints the id alone on stdout', async () => {
    const said = ['--weight', '10', '--protocol', 'http', '--version', '1.0', '--ttl', '5', '--zone', 'z1'];
    const { out, err } = await ctl(
      'register',
      'default/echo',
      '10.0.0.7:8081',
      ...said,
      '--meta',
      'a=b=c',
      '--meta',
      'd=e',
    );
    const id = out.trim();
    expect(out).toBe(`${id}\n`);
    expect(err).toBe('registered 10.0.0.7:8081 for default/echo\n');
    expect(JSON.parse(await ok('get', 'instances', '-o', 'json'))).toMatchObject([
      {
        id,
        namespace: 'default',
        service: 'echo',
        host: '10.0.0.7',
        port: 8081,
        weight: 10,
        protocol: 'http',
        version: '1.0',
        healthCheck: { ttlSeconds: 5 },
        location: { region: '', zone: 'z1', campus: '' },
        metadata: { a: 'b=c', d: 'e' },
      },
    ]);
  });

  it('leaves the defaults to the server, and takes the id that was given', async () => {
    expect(await registered('default/echo', '127.0.0.1:1', '--id', 'mine')).toBe('mine');
    expect(JSON.parse(await ok('get', 'instances', '-o', 'json'))).toMatchObject([
      { id: 'mine', weight: 100, healthy: true },
    ]);
  });

  it('creates service and namespace, also with a slash in the name', async () => {
    await registered('shop/team/echo', '127.0.0.1:1');
    expect(await ok('get', 'services', '-o', 'name')).toBe('service/shop/team/echo\n');
    expect(await ok('get', 'namespaces', '-o', 'name')).toBe('namespace/shop\n');
    expect(await ok('get', 'instances', 'shop/team/echo', '-o', 'name')).toMatch(/^instance\/shop\/team\/echo\/\S+\n$/);
  });

  it('filters by namespace, service, name and metadata', async () => {
    await registered('a/x', '127.0.0.1:1', '--meta', 'track=canary');
    await registered('a/y', '127.0.0.1:2');
    await registered('b/x', '127.0.0.1:3', '--meta', 'track=canary', '--meta', 'v=2');
    const ports = async (...args: readonly string[]) =>
      (JSON.parse(await ok('get', 'instances', ...args, '-o', 'json')) as { port: number }[]).map(({ port }) => port);
    expect(await ports('-n', 'a')).toEqual([1, 2]);
    expect(await ports('a/x')).toEqual([1]);
    expect(await ports('-l', 'track=canary')).toEqual([1, 3]);
    expect(await ports('-l', 'track=canary', '-l', 'v=2')).toEqual([3]);
    expect(await ok('get', 'services', 'x', '-o', 'name')).toBe('service/a/x\nservice/b/x\n');
    expect(await ok('get', 'services', 'x', '-n', 'b', '-o', 'name')).toBe('service/b/x\n');
  });

  it('reads more than one page', async () => {
    const ports = Array.from({ length: 501 }, (_, i) => i + 1);
    for (const port of ports) await post({ host: '127.0.0.1', port });
    const rows = JSON.parse(await ok('get', 'instances', '-o', 'json')) as { port: number }[];
    expect(rows.map(({ port }) => port).sort((a, b) => a - b)).toEqual(ports);
  });

  it('shows namespaces and services as tables', async () => {
    await registered('default/echo', '127.0.0.1:1');
    expect(await ok('get', 'services')).toBe('NAMESPACE  NAME  INSTANCES\ndefault    echo  1\n');
    expect(await ok('get', 'namespaces')).toBe('NAME     SERVICES  COMMENT\ndefault  1         -\n');
  });

  it('ends with 1 for a name that nothing has, and with 0 for an empty list', async () => {
    expect(await ctl('get', 'services', 'nobody')).toMatchObject({ code: 1, out: '' });
    expect(await ctl('get', 'instances', 'default/nobody')).toMatchObject({ code: 1, out: '' });
    expect(await ctl('get', 'services')).toMatchObject({ code: 0, out: '' });
  });

  it('ends with 4 when the instance is there already, and with 6 for what the server refuses', async () => {
    await registered('default/echo', '127.0.0.1:1');
    expect(await ctl('register', 'default/echo', '127.0.0.1:1')).toMatchObject({ code: 4, out: '' });
    const { code, err } = await ctl('register', 'default/e cho', '127.0.0.1:2');
    expect(code).toBe(6);
    expect(err).toContain('service');
  });
});

describe('deregister', () => {
  it('takes away by address and by id, and says what it took', async () => {
    const [one, two] = [await registered('default/echo', '127.0.0.1:1'), await registered('default/echo', '[::1]:2')];
    expect(await ok('deregister', 'default/echo', '[::1]:2')).toBe(`${two}\n`);
    expect(await ok('get', 'instances', '-o', 'name')).toBe(`instance/default/echo/${one}\n`);
    expect(await ok('deregister', 'default/echo', '--id', one)).toBe(`${one}\n`);
    expect(await ctl('get', 'instances')).toMatchObject({ code: 0, out: '' });
  });

  it('ends with 1 when there is none', async () => {
    await registered('default/echo', '127.0.0.1:1');
    for (const which of [['127.0.0.1:2'], ['--id', 'x']])
      expect(await ctl('deregister', 'default/echo', ...which)).toMatchObject({ code: 1, out: '' });
    expect((await ctl('deregister', 'default/echo', '127.0.0.1:2')).err).toContain('has no instance at 127.0.0.1:2');
  });
});

describe('events', () => {
  const jsonLines = (text: string) =>
    text
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line));

  it('shows one event a line, oldest first', async () => {
    await registered('default/echo', '127.0.0.1:1', '--weight', '7');
    await ok('deregister', 'default/echo', '127.0.0.1:1');
    const lines = (await ok('events', '--shard', String(shardOf('default/echo', REGISTRY_SHARDS))))
      .trimEnd()
      .split('\n');
    expect(lines.at(-2)).toMatch(
      /^\d{4}-\S+Z {2}\d+\/2 +InstanceRegistered +instance\/default\/echo\/\S+ {2}127\.0\.0\.1:1 weight 7 {2}by http:/,
    );
    expect(lines.at(-1)).toMatch(/\/3 +InstanceDeregistered +instance\/default\/echo\/\S+ {2}by http:/);
  });

  it('shows the newest of all shards, as many as asked for', async () => {
    for (const n of [1, 2, 3, 4]) await registered(`ns-${n}/echo`, `127.0.0.1:${n}`);
    const all = jsonLines(await ok('events', '-o', 'json'));
    expect(all.filter(({ type }) => type === 'InstanceRegistered').map(({ data }) => data.port)).toEqual([1, 2, 3, 4]);
    const two = jsonLines(await ok('events', '-o', 'json', '--limit', '2'));
    expect(two).toEqual(all.slice(-2));
    expect(await ctl('events', '--limit', '0')).toMatchObject({ code: 0, out: '' });
  });

  it('reads a shard from a seq on', async () => {
    for (const port of [1, 2, 3]) await registered('default/echo', `127.0.0.1:${port}`);
    const shard = String(shardOf('default/echo', REGISTRY_SHARDS));
    expect(
      jsonLines(await ok('events', '--shard', shard, '--from', '3', '-o', 'json')).map(({ data }) => data.port),
    ).toEqual([2, 3]);
    expect(await ctl('events', '--from', '2')).toMatchObject({ code: 2 });
  });

  it('ends with 1 for a log that there is not', async () => {
    const { code, err } = await ctl('events', '--log', 'nobody');
    expect({ code, err }).toEqual({ code: 1, err: 'thubanctl: There is no log "nobody" here; there is: registry.\n' });
    expect(await ctl('events', '--log', 'nobody', '--follow')).toMatchObject({ code: 1 });
  });
});

describe('events --follow', () => {
  const open: CapturedIo[] = [];
  afterEach(() => open.splice(0).forEach((io) => io.stop()));

  /** An Io that says when a number of lines has come. */
  const lineIo = (): CapturedIo & { readonly lines: (count: number) => Promise<readonly string[]> } => {
    const io = captureIo({ THUBANCTL_SERVER: address() });
    open.push(io);
    let wake = (): void => undefined;
    const linesNow = () => io.outText().split('\n').slice(0, -1);
    return {
      ...io,
      out: (text) => {
        io.out(text);
        wake();
      },
      lines: async (count) => {
        while (linesNow().length < count) await new Promise<void>((resolve) => (wake = resolve));
        return linesNow();
      },
    };
  };

  it('shows each event once, whether it came before, during or after the start, until it is stopped', async () => {
    const io = lineIo();
    await registered('default/echo', '127.0.0.1:1');
    const shard = String(shardOf('default/echo', REGISTRY_SHARDS));
    const following = run(['events', '--follow', '-o', 'json', '--shard', shard, '--from', '1'], io);
    await Promise.all([2, 3, 4, 5].map((port) => registered('default/echo', `127.0.0.1:${port}`)));
    await io.lines(6);
    await registered('default/echo', '127.0.0.1:6');
    const events = (await io.lines(7)).map((line) => JSON.parse(line));
    io.stop();
    expect(await following).toBe(0);
    expect(events.map(({ type, data }) => (type === 'ServiceCreated' ? 'service' : data.port))).toEqual([
      'service',
      ...[1, 2, 3, 4, 5].map(() => expect.any(Number)),
      6,
    ]);
    expect(events.map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5, 6, 7]);
    expect(io.errText()).toBe('');
  });

  it('goes on where it was when the server comes back', async () => {
    const io = lineIo();
    const following = run(
      ['events', '--follow', '-o', 'json', '--shard', String(shardOf('default/echo', REGISTRY_SHARDS))],
      io,
    );
    await registered('default/echo', '127.0.0.1:1');
    await io.lines(2);
    const { http: port } = server.ports;
    await server.close();
    server = await serve(log, port);
    // This process still has connections to the server that is gone; asking is safe to do again.
    while ((await ctl('status')).code !== 0);
    await registered('default/echo', '127.0.0.1:2');
    expect((await io.lines(3)).map((line) => JSON.parse(line).data.port)).toEqual([undefined, 1, 2]);
    io.stop();
    expect(await following).toBe(0);
    expect(io.errText()).toContain('connecting again');
  });
});

it('status says how much there is', async () => {
  await registered('default/echo', '127.0.0.1:1');
  const text = await ok('status');
  expect(text).toMatch(/^Thuban {7}1\.2\.3 at http:\/\/127\.0\.0\.1:\d+, up \d+s\n/);
  expect(text).toContain('Registry     1 namespaces, 1 services, 0 aliases, 1 instances\n');
  expect(text).toMatch(/xDS streams {2}none/);
  expect(JSON.parse(await ok('status', '-o', 'json'))).toMatchObject({ counts: { instances: 1 } });
});
