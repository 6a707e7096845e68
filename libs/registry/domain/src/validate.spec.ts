import fc from 'fast-check';
import { instanceId } from './instance-id.js';
import {
  validateAlias,
  validateInstance,
  validateInstanceAddress,
  validateInstanceChanges,
  validateNamespace,
  validateService,
} from './validate.js';

const GOOD = { namespace: 'default', service: 'echo', host: '127.0.0.1', port: 8080 };
const pairs = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, i) => [`k${i}`, 'v']));

describe('an instance', () => {
  it('gets every default', () =>
    expect(validateInstance(GOOD)).toEqual({
      ok: true,
      value: {
        ...GOOD,
        id: instanceId(GOOD),
        vpcId: '',
        protocol: '',
        version: '',
        logicSet: '',
        priority: 0,
        weight: 100,
        healthy: true,
        isolated: false,
        location: { region: '', zone: '', campus: '' },
        metadata: {},
      },
    }));

  it.each<[string, object, string, number, RegExp]>([
    ['an empty namespace', { namespace: '' }, 'namespace', 400110, /must not be empty/],
    ['a namespace of 65', { namespace: 'n'.repeat(65) }, 'namespace', 400110, /at most 64/],
    ['an empty service', { service: '' }, 'service', 400120, /must not be empty/],
    ['a service of 129', { service: 's'.repeat(129) }, 'service', 400120, /at most 128/],
    ['a service with a space', { service: 'a b' }, 'service', 400120, /letters, digits/],
    ['a service with a line feed', { service: 'a\n' }, 'service', 400120, /control characters/],
    ['an empty host', { host: '  ' }, 'host', 400131, /must not be empty/],
    ['a host of 129', { host: 'h'.repeat(129) }, 'host', 400131, /at most 128/],
    ['a host with a #', { host: 'h##1' }, 'host', 400131, /#/],
    ['no port', { port: undefined }, 'port', 400132, /must be given/],
    ['port 70000', { port: 70000 }, 'port', 400132, /from 0 to 65535, it is 70000/],
    ['port -1', { port: -1 }, 'port', 400132, /from 0 to 65535/],
    ['port 1.5', { port: 1.5 }, 'port', 400132, /integer/],
    ['a port of text', { port: '80' }, 'port', 400132, /integer/],
    ['weight -1', { weight: -1 }, 'weight', 400103, /from 0 to 65535/],
    ['weight 65536', { weight: 65536 }, 'weight', 400103, /from 0 to 65535/],
    ['a protocol of 33', { protocol: 'p'.repeat(33) }, 'protocol', 400136, /at most 32/],
    ['a version of 33', { version: 'v'.repeat(33) }, 'version', 400137, /at most 32/],
    ['a logic set of 129', { logicSet: 'l'.repeat(129) }, 'logicSet', 400138, /at most 128/],
    ['an isolated that is no flag', { isolated: 'yes' }, 'isolated', 400139, /true or false/],
    ['an id with NUL', { id: 'a\0b' }, 'id', 400130, /control characters/],
    ['an id of 129', { id: 'i'.repeat(129) }, 'id', 400130, /at most 128/],
    ['a zone with a C1 control', { location: { zone: '\u0085' } }, 'location', 400103, /zone must not hold control/],
    ['half a surrogate pair', { version: '\ud800' }, 'version', 400137, /control characters/],
    ['65 metadata pairs', { metadata: pairs(65) }, 'metadata', 400150, /at most 64 pairs, it has 65/],
    ['an empty metadata key', { metadata: { '': 'x' } }, 'metadata', 400150, /empty key/],
    ['a metadata key of 129', { metadata: { ['k'.repeat(129)]: 'x' } }, 'metadata', 400150, /at most 128/],
    ['a metadata value of 4097', { metadata: { k: 'v'.repeat(4097) } }, 'metadata', 400150, /at most 4096/],
    ['a metadata value of 4097 emoji', { metadata: { k: '😀'.repeat(4097) } }, 'metadata', 400150, /"k" has 4097/],
    ['a logic set of 129 emoji', { logicSet: '😀'.repeat(129) }, 'logicSet', 400138, /it has 129/],
    ['a metadata value that is a number', { metadata: { k: 1 } }, 'metadata', 400150, /strings/],
    ['a metadata value with ESC', { metadata: { k: '\u001b' } }, 'metadata', 400150, /control characters/],
    ['a __proto__ key', { metadata: JSON.parse('{"__proto__":"x"}') }, 'metadata', 400150, /__proto__/],
    ['a __proto__ key in a Map', { metadata: new Map([['__proto__', 'x']]) }, 'metadata', 400150, /__proto__/],
    ['metadata that is a list', { metadata: ['x'] }, 'metadata', 400150, /object of strings/],
  ])('is refused with %s', (_, wrong, field, polarisCode, message) => {
    const result = validateInstance({ ...GOOD, ...wrong });
    expect(result).toEqual({ ok: false, field, polarisCode, message: expect.stringMatching(message) });
    expect(result).toEqual(expect.objectContaining({ message: expect.stringMatching(new RegExp(`^${field} `)) }));
  });

  it('may go to every limit', () => {
    const most = {
      namespace: 'n'.repeat(64),
      service: 'a/b.c:d-e_f'.padEnd(128, '0'),
      host: 'h'.repeat(128),
      port: 65535,
      weight: 0,
      priority: 0xffffffff,
      protocol: 'p'.repeat(32),
      metadata: { ...pairs(62), ['k'.repeat(128)]: 'v'.repeat(4096), ['😀'.repeat(128)]: '😀'.repeat(4096) },
      logicSet: '😀'.repeat(128),
    };
    expect(validateInstance(most)).toMatchObject({ ok: true, value: most });
  });

  it('trims its host', () =>
    expect(validateInstance({ ...GOOD, host: ' h ' })).toMatchObject({ value: { host: 'h' } }));

  it.each([
    [1, 1],
    [60, 60],
    [0, 5],
    [61, 5],
    [-3, 5],
    [undefined, 5],
  ])('with a TTL of %s is checked every %s seconds', (ttlSeconds, expected) =>
    expect(validateInstance({ ...GOOD, healthCheck: { ttlSeconds } })).toMatchObject({
      value: { healthCheck: { ttlSeconds: expected } },
    }),
  );

  it('keeps keys such as constructor as data', () =>
    expect(validateInstance({ ...GOOD, metadata: { constructor: 'x', toString: 'y' } })).toMatchObject({
      value: { metadata: { constructor: 'x', toString: 'y' } },
    }));

  it('changes only what is given', () => {
    expect(validateInstanceChanges({ weight: 5 })).toEqual({ ok: true, value: { weight: 5 } });
    expect(validateInstanceChanges({ weight: -5 })).toMatchObject({ ok: false, field: 'weight' });
  });
});

describe('an address of an instance', () => {
  it('may be an id alone', () =>
    expect(validateInstanceAddress({ id: 'i' })).toEqual({ ok: true, value: { id: 'i', host: '', port: 0 } }));
  it('is an id alone when half of its service is named', () =>
    expect(validateInstanceAddress({ id: 'i', namespace: 'n' })).toEqual({
      ok: true,
      value: { id: 'i', host: '', port: 0 },
    }));
  it('may be an id with its service', () =>
    expect(validateInstanceAddress({ id: 'i', namespace: 'n', service: 's' })).toMatchObject({
      value: { id: 'i', namespace: 'n', service: 's' },
    }));
  it('may be the tuple that makes the id', () =>
    expect(validateInstanceAddress(GOOD)).toMatchObject({ value: { id: instanceId(GOOD), namespace: 'default' } }));
  it.each([
    [{}, 'namespace'],
    [{ id: 'i', namespace: 'n', service: 's t' }, 'service'],
    [{ namespace: 'n', service: 's' }, 'host'],
    [{ namespace: 'n', service: 's', host: 'h' }, 'port'],
    [{ id: 'a\n' }, 'id'],
  ])('is refused when incomplete: %j', (input, field) =>
    expect(validateInstanceAddress(input)).toMatchObject({ ok: false, field }),
  );
});

describe('an instance id', () => {
  it('is the SHA-1 of the tuple, with the VPC between service and host', () => {
    expect(instanceId(GOOD)).toBe('34d38d94b2472bf626e94f7dabcf497d77b241bc');
    expect(instanceId({ ...GOOD, vpcId: 'vpc' })).not.toBe(instanceId(GOOD));
  });
});

describe('namespaces, services, aliases', () => {
  it('have names of the known form', () => {
    expect(validateNamespace({ name: 'prod/eu' })).toMatchObject({ ok: true });
    expect(validateNamespace({ name: 'prod eu' })).toMatchObject({ ok: false, field: 'name', polarisCode: 400110 });
    expect(validateService({ namespace: 'n', name: 'é' })).toMatchObject({ field: 'name', polarisCode: 400120 });
    expect(validateService({ namespace: 'n', name: 's', metadata: pairs(65) })).toMatchObject({ polarisCode: 400123 });
    const alias = { namespace: 'n', name: 'a', targetNamespace: 'n', targetService: 's' };
    expect(validateAlias(alias)).toMatchObject({ ok: true });
    expect(validateAlias({ ...alias, targetService: '' })).toMatchObject({ field: 'targetService' });
  });
});

it('never throws and never lets anything else through', () => {
  const fields = [
    'id',
    'namespace',
    'service',
    'host',
    'port',
    'weight',
    'metadata',
    'location',
    'healthCheck',
    'healthy',
  ];
  fc.assert(
    fc.property(fc.dictionary(fc.constantFrom(...fields), fc.anything()), (input) => {
      const result = validateInstance({ ...GOOD, ...input });
      if (!result.ok) return expect(result.message).toContain(result.field);
      expect(JSON.parse(JSON.stringify(result.value))).toEqual(result.value);
    }),
  );
});
