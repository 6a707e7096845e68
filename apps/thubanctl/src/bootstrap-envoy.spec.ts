import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { nodeFacts } from '@thuban/xds-snapshot';
import { parseNodeId } from './bootstrap-envoy.js';
import { captureIo } from './capture-io.js';
import { run } from './program.js';

const TESTDATA = join(__dirname, '../testdata');

/** Compares with a golden file; UPDATE_GOLDEN=1 writes it anew. */
const expectGolden = (name: string, text: string): void => {
  const path = join(TESTDATA, name);
  if (process.env['UPDATE_GOLDEN'] === '1') writeFileSync(path, text);
  expect(text).toBe(readFileSync(path, 'utf8'));
};

const bootstrap = async (...args: readonly string[]): Promise<string> => {
  const io = captureIo();
  expect(await run(['bootstrap', 'envoy', ...args], io)).toBe(0);
  expect(io.errText()).toBe('');
  return io.outText();
};

describe('bootstrap envoy', () => {
  it('is delta ADS on the default ports for a plain node', async () => {
    expectGolden('bootstrap-plain.golden.yaml', await bootstrap('--node', 'default/web'));
  });

  it('says what a redirected sidecar is, with every option', async () => {
    expectGolden(
      'bootstrap-sidecar.golden.yaml',
      await bootstrap(
        ...['--node', 'sidecar~default/web-7f9c~10.0.0.7', '--mode', 'sotw', '--service', 'web', '--redirected'],
        ...['--listener-port', '16001', '--admin-port', '16000', '--xds', 'thuban.internal:16010'],
      ),
    );
  });

  it('keeps the metadata strings that YAML would take for numbers and booleans', async () => {
    const { node } = parse(await bootstrap('--node', 'a/b', '--listener-port', '1', '--redirected'));
    expect(node.metadata).toEqual({ 'thuban.dev/listenerPort': '1', 'thuban.dev/redirected': 'true' });
  });

  it('reaches a control plane at an IPv6 address without DNS', async () => {
    const { static_resources } = parse(await bootstrap('--node', 'a/b', '--xds', '[::1]:15010'));
    expect(static_resources.clusters[0].type).toBe('STATIC');
    expect(JSON.stringify(static_resources)).toContain('{"address":"::1","port_value":15010}');
  });

  it('turns localhost into an address, since Envoy may not find its name', async () => {
    const { static_resources } = parse(await bootstrap('--node', 'a/b', '--xds', 'localhost:15010'));
    expect(static_resources.clusters[0].type).toBe('STATIC');
    expect(JSON.stringify(static_resources)).toContain('{"address":"127.0.0.1","port_value":15010}');
  });

  it('carries a gateway in the keys of a gateway', async () => {
    const { node } = parse(await bootstrap('--node', 'gateway~edge/gw-1~10.0.0.8', '--service', 'shop'));
    expect(node.metadata).toEqual({
      'gateway.polarismesh.cn/serviceNamespace': 'edge',
      'gateway.polarismesh.cn/serviceName': 'shop',
    });
  });
});

describe('the node that xDS push reads from a bootstrap', () => {
  it.each([
    [
      ['--node', 'default/web'],
      { kind: 'sidecar', namespace: 'default', service: 'web', passthrough: false, listenerPort: 15001 },
    ],
    [
      ['--node', 'sidecar~shop/web-1~10.0.0.7', '--redirected', '--service', 'web', '--listener-port', '16001'],
      { kind: 'sidecar', namespace: 'shop', service: 'web', passthrough: true, listenerPort: 16001 },
    ],
    [
      ['--node', 'gateway~edge/gw-1~10.0.0.8', '--service', 'shop'],
      { kind: 'gateway', namespace: 'edge', service: 'shop', passthrough: false, listenerPort: 15001 },
    ],
  ])('of %j is %j', async (args, facts) => {
    const { node } = parse(await bootstrap(...args));
    expect(nodeFacts(node)).toMatchObject({ ok: true, facts });
  });

  it('refuses a redirected gateway, which the server would not redirect either', async () => {
    const io = captureIo();
    expect(await run(['bootstrap', 'envoy', '--node', 'gateway~edge/gw-1~10.0.0.8', '--redirected'], io)).toBe(2);
    expect(io.errText()).toContain('Only a sidecar');
  });
});

describe('parseNodeId', () => {
  it.each([
    ['default/web', { kind: 'sidecar', namespace: 'default', name: 'web' }],
    ['default/web~10.0.0.7', { kind: 'sidecar', namespace: 'default', name: 'web' }],
    ['sidecar~default/web~10.0.0.7', { kind: 'sidecar', namespace: 'default', name: 'web' }],
    ['gateway~default/edge~::1', { kind: 'gateway', namespace: 'default', name: 'edge' }],
  ])('reads %s', (text, expected) => {
    expect(parseNodeId(text)).toEqual(expected);
  });

  it.each(['', 'web', '/web', 'default/', 'router~default/web~1', 'default/web~1~2', 'de fault/web'])(
    'refuses %p',
    (text) => {
      expect(parseNodeId(text)).toBeUndefined();
    },
  );
});
