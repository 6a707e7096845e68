import type { MeshName } from '@thuban/xds-mesh';
import fc from 'fast-check';
import { claimDomains, domainsOf } from './domains.js';
import { aliasCreated, resourcesOf, serviceCreated } from './fixtures/scenario.js';

const service = (name: string, namespace = 'b'): MeshName => ({
  kind: 'service',
  namespace,
  name,
  createdAtMs: 0,
  endpoints: new Map(),
});

describe('domains', () => {
  it('are the five usual ones, in lower case and without ports', () => {
    expect(domainsOf('Prod', 'Echo')).toEqual([
      'echo',
      'echo.prod',
      'echo.prod.svc',
      'echo.prod.svc.cluster',
      'echo.prod.svc.cluster.local',
    ]);
  });

  it('of two names that differ in case the older gets all', () => {
    const [older, younger] = claimDomains([service('Echo'), service('echo')]);
    expect(older!.domains).toHaveLength(5);
    expect(younger).toMatchObject({
      domains: [],
      taken: [{ domain: 'echo', owner: { name: 'Echo' } }, {}, {}, {}, {}],
    });
  });

  it('a.b beside a in namespace b: the younger keeps its longer names', () => {
    const [, younger] = claimDomains([service('a'), service('a.b')]);
    expect(younger!.domains).toEqual(['a.b.b', 'a.b.b.svc', 'a.b.b.svc.cluster', 'a.b.b.svc.cluster.local']);
    const [, reversed] = claimDomains([service('a.b'), service('a')]);
    expect(reversed!.domains).toEqual(['a', 'a.b.svc', 'a.b.svc.cluster', 'a.b.svc.cluster.local']);
  });

  it('that no Host header can hold are left out, form by form', () => {
    const [claim] = claimDomains([service('a', 'x/y')]);
    expect(claim!.domains).toEqual(['a']);
    expect(claimDomains([service('a:1')])[0]!.domains).toEqual([]);
    expect(claimDomains([service('*')])[0]!.domains).toEqual([]);
  });

  it('are unique and legal for any names', () => {
    const anyName = fc.string({
      unit: fc.constantFrom('a', 'A', '.', 'b', ':', '/', '*', '-'),
      minLength: 1,
      maxLength: 4,
    });
    fc.assert(
      fc.property(fc.uniqueArray(anyName), fc.constantFrom('a', 'A.b', 'b'), (names, namespace) => {
        const domains = claimDomains(names.map((name) => service(name, namespace))).flatMap((claim) => claim.domains);
        expect(new Set(domains).size).toBe(domains.length);
        for (const domain of domains) expect(domain).toMatch(/^[^:/*A-Z]+$/);
      }),
    );
  });
});

describe('problems', () => {
  it('say who has the name and what is left', () => {
    const resources = resourcesOf(serviceCreated('a', 'b'), serviceCreated('a.b', 'b'));
    expect(resources.problems()).toEqual([
      {
        kind: 'domain taken',
        namespace: 'b',
        name: 'a.b',
        text: 'a.b belongs to the older service a, not to a.b: it keeps a.b.b, a.b.b.svc, a.b.b.svc.cluster, a.b.b.svc.cluster.local',
      },
    ]);
  });

  it('name an alias that leads nowhere, until its target comes', () => {
    expect(resourcesOf(aliasCreated('x', 'y')).problems()).toMatchObject([{ kind: 'alias without target', name: 'x' }]);
    expect(resourcesOf(aliasCreated('x', 'y'), serviceCreated('y')).problems()).toEqual([]);
  });
});
