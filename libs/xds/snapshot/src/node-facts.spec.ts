import fc from 'fast-check';
import { nodeFacts, type NodeMessage } from './index.js';

const facts = (node: NodeMessage) => {
  const parsed = nodeFacts(node);
  if (!parsed.ok) throw new Error(parsed.error);
  return parsed.facts;
};
const error = (node: NodeMessage) => {
  const parsed = nodeFacts(node);
  return parsed.ok ? undefined : parsed.error;
};

describe('nodeFacts', () => {
  it.each([
    ['default/1b4e28ba~10.0.0.7', { kind: 'sidecar', namespace: 'default' }],
    ['sidecar~prod/pod-0~10.0.0.7', { kind: 'sidecar', namespace: 'prod' }],
    ['gateway~prod/pod-0~10.0.0.7', { kind: 'gateway', namespace: 'prod' }],
    ['prod/my-envoy', { kind: 'sidecar', namespace: 'prod', service: 'my-envoy' }],
    ['gateway~prod/edge', { kind: 'gateway', namespace: 'prod' }],
    ['sidecar~prod/pod-0~fd00::1', { kind: 'sidecar', namespace: 'prod' }],
  ])('reads %s', (id, expected) => {
    expect(facts({ id })).toMatchObject({ id, passthrough: false, listenerPort: 15001, service: '', ...expected });
  });

  it.each(['envoy', '/x', 'x/', '~a/b', 'router~prod/pod~10.0.0.1', 'prod/a~b~c', 'prod~10.0.0.1'])(
    'R7: refuses the id %s and says the forms',
    (id) => {
      expect(error({ id })).toBe(
        `node.id "${id}" has none of the known forms: [sidecar~|gateway~]<namespace>/<uuid>~<host ip> or <namespace>/<name>`,
      );
    },
  );

  it('R7: refuses a node without id', () => {
    expect(error({})).toBe('node.id is missing: the first request of a stream must name its node');
  });

  it('R8: keeps cluster and user agent', () => {
    expect(facts({ id: 'a/b', cluster: 'c', userAgentName: 'envoy' })).toMatchObject({
      cluster: 'c',
      userAgent: 'envoy',
    });
  });

  it.each([
    [9000, 9000],
    ['9000', 9000],
    [undefined, 15001],
  ])('the listener port %j is %d', (port, expected) => {
    const metadata = port === undefined ? {} : { 'thuban.dev/listenerPort': port };
    expect(facts({ id: 'a/b', metadata }).listenerPort).toBe(expected);
  });

  it.each([0, 65_536, -1, 1.5, '', 'x', '1e3', null, [1], {}])('refuses the listener port %j', (port) => {
    expect(error({ id: 'a/b', metadata: { 'thuban.dev/listenerPort': port } })).toBe(
      `node.metadata["thuban.dev/listenerPort"] must be a port from 1 to 65535, not ${JSON.stringify(port)}`,
    );
  });

  it.each([
    ['true', 'sidecar', true],
    [true, 'sidecar', true],
    ['false', 'sidecar', false],
    ['yes', 'sidecar', false],
    ['true', 'gateway', false],
  ])('redirected %j of a %s is %s', (redirected, kind, expected) => {
    expect(facts({ id: `${kind}~a/b`, metadata: { 'thuban.dev/redirected': redirected } }).passthrough).toBe(expected);
  });

  it("a sidecar's service comes from metadata, its namespace from the id alone", () => {
    const metadata = {
      'sidecar.polarismesh.cn/serviceName': 'echo',
      'sidecar.polarismesh.cn/serviceNamespace': 'elsewhere',
    };
    expect(facts({ id: 'sidecar~prod/pod~10.0.0.1', metadata })).toMatchObject({ service: 'echo', namespace: 'prod' });
  });

  it.each([
    { 'gateway.polarismesh.cn/serviceNamespace': 'shop', 'gateway.polarismesh.cn/serviceName': 'edge' },
    { gateway_namespace: 'shop', gateway_service: 'edge' },
  ])('a gateway says what it stands for: %j', (metadata) => {
    expect(facts({ id: 'gateway~infra/pod~10.0.0.1', metadata })).toMatchObject({ namespace: 'shop', service: 'edge' });
  });

  it('never throws, whatever a client sends', () => {
    fc.assert(
      fc.property(fc.string(), fc.dictionary(fc.string(), fc.jsonValue()), (id, metadata) => {
        expect(typeof nodeFacts({ id, metadata: metadata as never }).ok).toBe('boolean');
      }),
    );
  });
});
