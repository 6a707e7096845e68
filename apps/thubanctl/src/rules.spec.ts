import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createCommitter } from '@thuban/event-sourcing';
import { RULES_LOG, RULES_SHARDS, type RulesEvent } from '@thuban/events';
import { bootstrap, createLogger, createMetrics, systemClock, type Running } from '@thuban/nest';
import { createRulesState, rulesDecider, type RulesCommand, type RulesEntry } from '@thuban/rules-domain';
import { rulesHttp } from '@thuban/rules-service';
import { openMemoryLog } from '@thuban/testing';
import { captureIo } from './capture-io.js';
import { EXIT } from './ctl-error.js';
import { run } from './program.js';

let folder: string;
let server: Running;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'thubanctl-'));
  const log = openMemoryLog({ name: RULES_LOG, shards: RULES_SHARDS });
  const state = createRulesState();
  const committer = createCommitter<RulesCommand, RulesEvent, RulesEntry>({
    log,
    decider: rulesDecider,
    state,
    folded: [0],
    clock: systemClock,
    afterPoll: setImmediate,
    newCommitId: randomUUID,
  });
  server = await bootstrap({
    name: 'test',
    modules: [rulesHttp({ committer, state, logId: log.id })],
    http: { what: 'HTTP', host: '127.0.0.1', port: 0 },
    grpc: [],
    logger: createLogger('test', 'silent'),
    metrics: createMetrics(),
    checks: [],
    signals: false,
  });
});
afterEach(async () => {
  await server.close();
  rmSync(folder, { recursive: true, force: true });
});

const ctl = async (...args: readonly string[]) => {
  const io = captureIo({ THUBANCTL_SERVER: `http://127.0.0.1:${server.ports.http}` });
  return { code: await run(['rules', ...args], io), out: io.outText(), err: io.errText() };
};
const ok = async (...args: readonly string[]): Promise<string> => {
  const { code, out, err } = await ctl(...args);
  expect({ args, code, err: code === 0 ? '' : err }).toEqual({ args, code: 0, err: '' });
  return out;
};
const file = (text: string): string => {
  const path = join(folder, 'rules.yaml');
  writeFileSync(path, text);
  return path;
};

const RULES = `
id: canary
namespace: default
name: gray traffic
branches:
  - sources:
      - service: web
    destinations:
      - service: echo
        labels:
          version: { value: v2 }
---
id: all
namespace: default
name: everybody
priority: 3
branches:
  - destinations:
      - service: '*'
`;

describe('thubanctl rules', () => {
  it('puts a file, lists in order, and an equal file changes nothing', async () => {
    expect(await ok('put', '-f', file(RULES))).toBe('canary\nall\n');
    expect(await ok('put', '-f', file(RULES))).toBe('canary\nall\n');
    expect(await ok('list')).toBe(
      'PRIORITY  ID      NAME          STATE    FROM         TO\n' +
        '0         canary  gray traffic  enabled  default/web  default/echo\n' +
        '3         all     everybody     enabled  */*          default/*\n',
    );
    expect(await ok('list', '--to', 'default/echo', '-o', 'name')).toBe('rule/canary\n');
    expect(await ok('list', '--from', 'default/web', '-o', 'name')).toBe('rule/canary\n');
    expect(JSON.parse(await ok('list', '-o', 'json'))).toMatchObject([{ seq: 1 }, { seq: 2 }]);
  });

  it('what was got can be put', async () => {
    await ok('put', '-f', file(RULES));
    const before = await ok('get', 'canary');
    expect(before).toContain('name: gray traffic\n');
    expect(await ok('put', '-f', file(before))).toBe('canary\n');
    expect(await ok('get', 'canary')).toBe(before);
  });

  it('switches off, on, and deletes', async () => {
    await ok('put', '-f', file(RULES));
    await ok('disable', 'canary', 'all');
    expect(await ok('list')).not.toContain('enabled');
    await ok('enable', 'canary');
    expect(JSON.parse(await ok('get', 'canary', '-o', 'json'))).toMatchObject({ enabled: true });
    expect(await ok('delete', 'canary', 'all')).toBe('canary\nall\n');
    expect(await ctl('list')).toMatchObject({
      code: 0,
      out: '',
      err: expect.stringContaining('no such rules') as string,
    });
    expect(await ctl('delete', 'canary')).toMatchObject({
      code: EXIT.NOT_FOUND,
      err: 'thubanctl: routing rule "canary" does not exist\n',
    });
  });

  it('puts the routing of a service, and shows what SDKs get', async () => {
    const routing = 'namespace: default\nservice: echo\ninbounds:\n  - destinations:\n      - weight: 7\n';
    expect(await ok('put', '-f', file(routing))).toBe('default/echo\n');
    expect(await ok('effective', 'default/echo')).toContain('weight: 7\n');
  });

  it('says what is wrong in a sentence that names the field', async () => {
    expect(await ctl('put', '-f', file(RULES.replace('value: v2', 'type: REGEX, value: "("')))).toMatchObject({
      code: EXIT.INVALID,
      out: '',
      err: 'thubanctl: branches.0.destinations.0.labels.version.value is no usable regular expression: it has a ( without a )\n',
    });
    expect(await ctl('put', '-f', join(folder, 'none.yaml'))).toMatchObject({ code: EXIT.USAGE });
    expect(await ctl('put')).toMatchObject({ code: EXIT.USAGE });
  });
});
