import type { RouteRule } from '@thuban/events';
import { validateRouteRule, validateRouteRuleChanges, validateServiceRouting } from './validate.js';

const BRANCH = { destinations: [{ service: 'echo' }] };
const RULE = { id: 'r-1', namespace: 'default', name: 'canary', branches: [BRANCH] };

const withSource = (source: object) => ({ ...RULE, branches: [{ ...BRANCH, sources: [source] }] });
const withArgument = (...matches: object[]) => withSource({ arguments: matches });
const withValue = (value: object) => withArgument({ type: 'HEADER', key: 'x', value });
const withDestination = (destination: object) => ({ ...RULE, branches: [{ destinations: [destination] }] });
const withLabel = (value: object) => withDestination({ service: 'echo', labels: { version: value } });

describe('a routing rule', () => {
  it('gets its defaults', () =>
    expect(validateRouteRule(withArgument({ type: 'PATH', value: { value: '/pay' } }))).toEqual({
      ok: true,
      value: {
        id: 'r-1',
        namespace: 'default',
        name: 'canary',
        description: '',
        enabled: true,
        priority: 0,
        metadata: {},
        branches: [
          {
            name: '',
            sources: [
              {
                namespace: '*',
                service: '*',
                arguments: [{ type: 'PATH', key: '', value: { type: 'EXACT', valueType: 'TEXT', value: '/pay' } }],
              },
            ],
            destinations: [
              {
                namespace: 'default',
                service: 'echo',
                name: '',
                labels: {},
                priority: 0,
                weight: 100,
                isolated: false,
                transfer: '',
              },
            ],
          },
        ],
      } satisfies RouteRule,
    }));

  it.each<[object, string]>([
    [{ ...RULE, id: undefined }, 'id must not be empty'],
    [{ ...RULE, id: 'a b' }, 'id may hold only letters, digits and - . : _ /'],
    [{ ...RULE, id: 'x'.repeat(129) }, 'id must have at most 128 characters, it has 129'],
    [{ ...RULE, namespace: '*' }, 'namespace may hold only letters, digits and - . : _ /'],
    [{ ...RULE, name: '' }, 'name must not be empty'],
    [{ ...RULE, name: 'a\nb' }, 'name must not hold control characters'],
    [{ ...RULE, name: '\ud800' }, 'name must not hold control characters'],
    [{ ...RULE, name: '🦊'.repeat(65) }, 'name must have at most 64 characters, it has 65'],
    [{ ...RULE, enabled: 'yes' }, 'enabled must be true or false'],
    [{ ...RULE, priority: -1 }, 'priority must be from 0 to 4294967295, it is -1'],
    [{ ...RULE, priority: 1.5 }, 'priority must be an integer'],
    [{ ...RULE, metadata: { a: 1 } }, 'metadata.a must be a string'],
    [{ ...RULE, metadata: { '': 'x' } }, 'metadata has the key "", which must not be empty'],
    [{ ...RULE, metadata: JSON.parse('{"__proto__":"x"}') as object }, 'metadata must not have the key "__proto__"'],
    [{ ...RULE, branches: [] }, 'branches must not be empty'],
    [{ ...RULE, branches: {} }, 'branches must be an array'],
    [{ ...RULE, branches: [null] }, 'branches.0 must be an object'],
    [{ ...RULE, branches: Array(65).fill(BRANCH) }, 'branches must have at most 64 items, it has 65'],
    [{ ...RULE, branches: [{ destinations: [] }] }, 'branches.0.destinations must not be empty'],
    [withDestination({}), 'branches.0.destinations.0.service must not be empty'],
    [
      withDestination({ service: 'echo', weight: 65_536 }),
      'branches.0.destinations.0.weight must be from 0 to 65535, it is 65536',
    ],
    [
      withDestination({ service: 'echo', namespace: '*' }),
      'branches.0.destinations.0.service must be * when the namespace is *',
    ],
    [withSource({ service: 'web', namespace: '*' }), 'branches.0.sources.0.service must be * when the namespace is *'],
    [
      withSource({ service: 'w b' }),
      'branches.0.sources.0.service may hold only letters, digits and - . : _ /, or be *',
    ],
    [withValue({ value: '' }), 'branches.0.sources.0.arguments.0.value.value must not be empty; * is any'],
    [withValue({ type: 'LIKE', value: 'x' }), 'branches.0.sources.0.arguments.0.value.type must be one of EXACT, '],
    [
      withValue({ type: 'REGEX', value: '(' }),
      'arguments.0.value.value is no usable regular expression: it has a ( without',
    ],
    [withValue({ type: 'RANGE', value: '1-2' }), 'arguments.0.value.value must be min~max with min at most max'],
    [withValue({ type: 'RANGE', value: '3~2' }), 'arguments.0.value.value must be min~max with min at most max'],
    [withArgument({ type: 'HEADER', value: { value: 'x' } }), 'arguments.0.key must not be empty for HEADER'],
    [withArgument({ type: 'PATH', key: 'x', value: { value: 'x' } }), 'arguments.0.key must be empty for PATH'],
    [
      withArgument(
        { type: 'METHOD', value: { value: 'GET' } },
        { type: 'CUSTOM', key: '$method', value: { value: 'PUT' } },
      ),
      'branches.0.sources.0.arguments.1.key names $method a second time',
    ],
    [
      withLabel({ type: 'REGEX', value: '[' }),
      'labels.version.value is no usable regular expression: it has a [ without a ]',
    ],
    [withLabel({ valueType: 'PARAMETER', value: '' }), 'destinations.0.labels.version.value must not be empty'],
  ])('is refused with the field named (%#)', (input, message) => {
    const read = validateRouteRule(input);
    expect(read).toMatchObject({ ok: false, message: expect.stringContaining(message) as string });
    if (!read.ok) expect(read.message.startsWith(read.field)).toBe(true);
  });

  it.each([
    { type: 'RANGE', value: '-5~5' },
    { type: 'REGEX', value: '*' },
    { type: 'IN', value: 'a,b' },
    { type: 'RANGE', valueType: 'VARIABLE', value: 'LIMITS' },
    { valueType: 'PARAMETER' },
  ])('takes %j', (value) => expect(validateRouteRule(withValue(value))).toMatchObject({ ok: true }));

  it('is changed in the fields that are given', () => {
    expect(validateRouteRuleChanges({ enabled: false })).toEqual({ ok: true, value: { enabled: false } });
    expect(validateRouteRuleChanges({ branches: [BRANCH] })).toMatchObject({
      field: 'branches.0.destinations.0.namespace',
    });
    expect(validateRouteRuleChanges({ priority: 'x' })).toMatchObject({ field: 'priority' });
  });

  it('means a service of its own namespace when a source does not say which', () => {
    expect(validateRouteRule(withSource({ service: 'web' }))).toMatchObject({
      value: { branches: [{ sources: [{ namespace: 'default', service: 'web' }] }] },
    });
    expect(validateRouteRule(withSource({ service: '*' }))).toMatchObject({
      value: { branches: [{ sources: [{ namespace: '*', service: '*' }] }] },
    });
    expect(validateRouteRule(withSource({ namespace: 'prod' }))).toMatchObject({
      value: { branches: [{ sources: [{ namespace: 'prod', service: '*' }] }] },
    });
  });

  it('is bounded as a whole', () => {
    const big = { destinations: Array(64).fill({ service: 'echo', labels: { a: { value: 'x'.repeat(1024) } } }) };
    expect(validateRouteRule({ ...RULE, branches: [big, big] })).toMatchObject({
      field: 'body',
      message: expect.stringMatching(/^body must have at most 98304 bytes as JSON, it has 1\d{5}$/) as string,
    });
    expect(validateRouteRule({ ...RULE, branches: [big] })).toMatchObject({ ok: true });
  });

  it('reads again what it made', () => {
    const read = validateRouteRule(withLabel({ value: 'canary' }));
    expect(read.ok && validateRouteRule(read.value)).toEqual(read);
  });
});

describe('the routing of a service', () => {
  it('is about the service: into it from anywhere, out of it to others', () =>
    expect(
      validateServiceRouting({
        namespace: 'default',
        service: 'echo',
        inbounds: [{ sources: [{}], destinations: [{}] }],
        outbounds: [{ sources: [{}], destinations: [{ service: 'db' }] }],
      }),
    ).toMatchObject({
      value: {
        inbounds: [
          {
            sources: [{ namespace: '*', service: '*' }],
            destinations: [{ namespace: 'default', service: 'echo' }],
          },
        ],
        outbounds: [
          {
            sources: [{ namespace: 'default', service: 'echo' }],
            destinations: [{ namespace: 'default', service: 'db' }],
          },
        ],
      },
    }));

  it.each<[object, string]>([
    [{ namespace: '', service: 'echo' }, 'namespace must not be empty'],
    [{ namespace: 'default', service: '*' }, 'service may hold only letters'],
    [{ namespace: 'default', service: 'echo', inbounds: [{}] }, 'inbounds.0.destinations must not be empty'],
    [
      { namespace: 'default', service: 'echo', outbounds: [{ destinations: [{}] }] },
      'outbounds.0.destinations.0.service must not be empty',
    ],
  ])('is refused with the field named (%#)', (input, message) =>
    expect(validateServiceRouting(input)).toMatchObject({
      ok: false,
      message: expect.stringContaining(message) as string,
    }),
  );
});
