import { createMesh, evolveMesh } from '@thuban/xds-mesh';
import fc from 'fast-check';
import { anyHistory, anyNode, anyRuledHistory, remixed } from './fixtures/any-history.js';
import { recorded } from '@thuban/testing';
import {
  aliasCreated,
  aliasDeleted,
  aNode,
  changed,
  deregistered,
  registered,
  resourcesOf,
  serviceCreated,
  serviceDeleted,
} from './fixtures/scenario.js';
import {
  clusterName,
  createResources,
  danglingReferences,
  type NodeFacts,
  PASSTHROUGH_CLUSTER,
  PUSH_ORDER,
  type ResourceChange,
  type Resources,
  type XdsType,
} from './index.js';

const ECHO = 'OUTBOUND|default|echo';
const ROUTES = 'polaris-outbound-router';

const get = (resources: Resources, type: XdsType, name: string, node = aNode()) =>
  resources.get(type, resources.viewOf(type, node), name);

/** All bytes that a node can get by wildcard, by type and name. */
const everything = (resources: Resources, node: NodeFacts) =>
  PUSH_ORDER.flatMap((type) => {
    const view = resources.viewOf(type, node);
    return [...resources.names(type, view)].map((name) => {
      const resource = resources.get(type, view, name)!;
      return `${type} ${name} ${resource.version} ${resource.deltaFrame.toString('hex')} ${resource.clusters.join()}`;
    });
  }).sort();

/** Resources that keep what they tell, of views that are all retained. */
const told = (...nodes: readonly NodeFacts[]) => {
  const resources = createResources({ mesh: createMesh() });
  const changes: (readonly ResourceChange[])[] = [];
  for (const node of nodes) for (const type of PUSH_ORDER) resources.retain(type, resources.viewOf(type, node));
  resources.onChange((batch) => changes.push(batch));
  return { resources, changes };
};

describe('resources', () => {
  it('equal content has equal bytes and versions, however the shards were mixed and the batches cut', () => {
    fc.assert(
      fc.property(anyHistory, anyNode, fc.infiniteStream(fc.nat(31)), (history, node, picks) => {
        const atOnce = createResources({ mesh: createMesh() });
        atOnce.apply(history);
        const step = createResources({ mesh: createMesh() });
        for (const event of remixed(history, picks)) {
          step.apply([event]);
          everything(step, node); // everything is kept, so each step changes what is there
        }
        expect(everything(step, node)).toEqual(everything(atOnce, node));
      }),
    );
  });

  it('routes follow the instances and services that rules ask for', () => {
    fc.assert(
      fc.property(anyRuledHistory, anyNode, (history, node) => {
        const step = createResources({ mesh: createMesh() });
        const mesh = createMesh();
        for (const event of history) {
          step.apply([event]);
          everything(step, node);
          evolveMesh(mesh, event);
        }
        expect(everything(step, node)).toEqual(everything(createResources({ mesh }), node));
      }),
    );
  });

  it('a mesh loaded from rows has the bytes and versions of the one that was folded (a restart changes nothing)', () => {
    fc.assert(
      fc.property(anyHistory, anyNode, (history, node) => {
        const mesh = createMesh();
        const folded = createResources({ mesh });
        folded.apply(history);
        const namespaces = [...mesh.namespaces()].map((name) => mesh.namespace(name)!);
        const services = namespaces.flatMap((namespace) => [...namespace.services.values()]);
        const rows = {
          services,
          aliases: namespaces.flatMap((namespace) => [...namespace.aliases.values()]),
          instances: services.flatMap((service) => [...service.endpoints.values()]),
          routeRules: mesh.routeRules(),
          serviceRoutings: mesh.serviceRoutings(),
        };
        expect(everything(createResources({ mesh: createMesh(rows) }), node)).toEqual(everything(folded, node));
      }),
    );
  });

  it('R42: nothing that a node gets refers to what it does not get', () => {
    fc.assert(
      fc.property(anyHistory, anyNode, (history, node) => {
        const resources = createResources({ mesh: createMesh() });
        resources.apply(history);
        expect(danglingReferences(resources, node)).toEqual([]);
      }),
    );
  });

  it('covers exactly what the wildcard holds, of all that is found by name', () => {
    fc.assert(
      fc.property(anyHistory, anyNode, (history, node) => {
        const mesh = createMesh();
        const resources = createResources({ mesh });
        resources.apply(history);
        const clusters = [...mesh.namespaces()]
          .flatMap((namespace) => [...mesh.namespace(namespace)!.services.values()])
          .map(({ namespace, name }) => clusterName(namespace, name));
        const view = resources.viewOf('CDS', node);
        const covered = [...clusters, PASSTHROUGH_CLUSTER].filter((name) => resources.covers('CDS', view, name));
        expect(new Set(covered)).toEqual(new Set(resources.names('CDS', view)));
      }),
    );
  });

  it('whatever became different is told, before anybody can ask for it', () => {
    fc.assert(
      fc.property(anyHistory, anyNode, (history, node) => {
        const { resources, changes } = told(node);
        const known = () =>
          new Map(
            PUSH_ORDER.flatMap((type) => {
              const view = resources.viewOf(type, node);
              return [...resources.names(type, view)].map((name) => [
                `${type} ${name}`,
                resources.get(type, view, name)!.version,
              ]);
            }),
          );
        let before = known();
        for (const event of history) {
          changes.length = 0;
          resources.apply([event]);
          const after = known();
          const different = [...new Set([...before.keys(), ...after.keys()])].filter(
            (key) => before.get(key) !== after.get(key),
          );
          const named = new Set(changes.flat().flatMap(({ type, names }) => names.map((name) => `${type} ${name}`)));
          expect(different.filter((key) => !named.has(key))).toEqual([]);
          before = after;
        }
      }),
    );
  });

  it('R46: a service without endpoints has an explicitly empty assignment', () => {
    const resources = resourcesOf(registered(), deregistered());
    expect(get(resources, 'EDS', ECHO)!.bytes).toEqual(
      Buffer.concat([Buffer.from([0x0a, ECHO.length]), Buffer.from(ECHO)]),
    );
  });

  it('R46: every cluster has an assignment, and what is no cluster has none', () => {
    const resources = resourcesOf(registered(), serviceCreated('other'));
    for (const name of resources.names('CDS', resources.viewOf('CDS', aNode())))
      expect(get(resources, 'EDS', name)).toBeDefined();
    expect(get(resources, 'EDS', 'OUTBOUND|default|nobody')).toBeUndefined();
  });

  it('a name that nobody has is undefined in every type (R31)', () => {
    const resources = resourcesOf(registered());
    for (const type of PUSH_ORDER) expect(get(resources, type, 'nobody')).toBeUndefined();
    expect(get(resources, 'CDS', 'PassthroughCluster')).toBeUndefined();
  });

  it('R42: changes come in the order in which additions are sent', () => {
    const { resources, changes } = told(aNode());
    resources.apply(recorded([registered()]));
    expect(changes).toEqual([
      [
        { type: 'CDS', view: 'direct/default', names: [ECHO] },
        { type: 'EDS', view: '', names: [ECHO] },
        { type: 'RDS', view: 'direct//default', names: [ROUTES] },
      ],
    ]);
  });

  it('a batch is told once, and nothing is told of a batch that changes nothing', () => {
    const { resources, changes } = told(aNode());
    resources.apply(recorded([registered(), registered({ id: 'i-2', host: '10.0.0.2' }), serviceCreated('other')]));
    expect(changes).toHaveLength(1);
    resources.apply(recorded([serviceCreated('other')]));
    expect(changes).toHaveLength(1);
  });

  it('a change of an endpoint touches its assignment and nothing else', () => {
    const { resources, changes } = told(aNode());
    resources.apply(recorded([registered()]));
    const before = PUSH_ORDER.map((type) =>
      get(resources, type, [...resources.names(type, resources.viewOf(type, aNode()))][0]!),
    );
    resources.apply(recorded([changed({ weight: 50 })]));
    const after = PUSH_ORDER.map((type) =>
      get(resources, type, [...resources.names(type, resources.viewOf(type, aNode()))][0]!),
    );
    expect(changes[1]).toEqual([{ type: 'EDS', view: '', names: [ECHO] }]);
    expect(PUSH_ORDER.filter((_, i) => before[i] !== after[i])).toEqual(['EDS']);
  });

  it.each([
    ['a change that proxies cannot see', [registered()], changed({ priority: 5, logicSet: 'x', vpcId: 'v' })],
    ['a change of what is left out', [registered({ isolated: true })], changed({ isolated: true, weight: 7 })],
    ['the going of what is left out', [registered({ weight: 0 })], deregistered({ weight: 0 })],
  ])('%s is not told', (_, history, event) => {
    const { resources, changes } = told(aNode());
    resources.apply(recorded(history));
    get(resources, 'EDS', ECHO);
    changes.length = 0;
    resources.apply(recorded([event]));
    expect(changes).toEqual([]);
  });

  it('one encoding of a cluster serves all namespaces', () => {
    const resources = resourcesOf(registered());
    const foreign = aNode({ namespace: 'other', passthrough: true });
    expect(get(resources, 'CDS', ECHO, foreign)).toBe(get(resources, 'CDS', ECHO));
  });

  it('the wildcard of a node holds its namespace, and the cluster that an alias of it stands for', () => {
    const resources = resourcesOf(registered(), serviceCreated('far', 'other'), serviceCreated('other', 'other'));
    const names = (namespace: string) => [...resources.names('CDS', resources.viewOf('CDS', aNode({ namespace })))];
    expect(names('default')).toEqual([ECHO]);
    resources.apply(recorded([aliasCreated('near', 'far', 'default', 'other')]));
    expect(names('default')).toEqual([ECHO, 'OUTBOUND|other|far']);
    resources.apply(recorded([aliasDeleted('near')]));
    expect(names('default')).toEqual([ECHO]);
  });

  it('an alias whose target comes later is told to the namespace of the alias then', () => {
    const { resources, changes } = told(aNode());
    resources.apply(recorded([aliasCreated('near', 'far', 'default', 'other')]));
    expect(changes).toEqual([]);
    resources.apply(recorded([serviceCreated('far', 'other')]));
    expect(changes[0]).toContainEqual({ type: 'CDS', view: 'direct/default', names: ['OUTBOUND|other|far'] });
    expect(changes[0]).toContainEqual({ type: 'RDS', view: 'direct//default', names: [ROUTES] });
  });

  it('a service that is made again starts with no endpoints of its former life', () => {
    const resources = resourcesOf(registered());
    const full = get(resources, 'EDS', ECHO)!;
    resources.apply(recorded([serviceDeleted('echo')]));
    expect(get(resources, 'EDS', ECHO)).toBeUndefined();
    resources.apply(recorded([serviceCreated('echo')]));
    expect(get(resources, 'EDS', ECHO)!.bytes.length).toBeLessThan(full.bytes.length);
  });

  it('a name that becomes free goes to who had to do without it', () => {
    const resources = resourcesOf(serviceCreated('echo.default'), serviceCreated('echo'));
    get(resources, 'RDS', ROUTES);
    resources.apply(recorded([serviceDeleted('echo.default')]));
    expect(get(resources, 'RDS', ROUTES)!.bytes).toEqual(
      get(resourcesOf(serviceCreated('echo')), 'RDS', ROUTES)!.bytes,
    );
  });

  it('R43: routes and listeners say which clusters they need', () => {
    const resources = resourcesOf(registered(), aliasCreated('second', 'echo'));
    const redirected = aNode({ passthrough: true });
    expect(get(resources, 'RDS', ROUTES)!.clusters).toEqual([ECHO]);
    expect(get(resources, 'RDS', ROUTES, redirected)!.clusters).toEqual([ECHO, 'PassthroughCluster']);
    expect(get(resources, 'LDS', 'OUTBOUND_15001')).toMatchObject({ clusters: [], routes: [ROUTES] });
    expect(get(resources, 'LDS', 'OUTBOUND_15001', redirected)).toMatchObject({ clusters: ['PassthroughCluster'] });
  });

  it('views that nobody retains are not told', () => {
    const { resources, changes } = told(aNode());
    resources.apply(recorded([serviceCreated('far', 'other')]));
    expect(changes.flat().map(({ type }) => type)).toEqual(['EDS']);
    for (const type of PUSH_ORDER) resources.release(type, resources.viewOf(type, aNode()));
    changes.length = 0;
    resources.apply(recorded([registered()]));
    expect(changes).toEqual([]);
  });

  it('a view stays told until the last of its streams has released it', () => {
    const { resources, changes } = told(aNode(), aNode());
    resources.release('EDS', '');
    resources.apply(recorded([registered()]));
    expect(changes.flat()).toContainEqual({ type: 'EDS', view: '', names: [ECHO] });
  });

  it('what is outside of a wildcard is told under the view of all, for those who asked by name', () => {
    const { resources, changes } = told();
    resources.retain('CDS', '');
    resources.apply(recorded([serviceCreated('far', 'other')]));
    expect(changes.flat()).toEqual([{ type: 'CDS', view: '', names: ['OUTBOUND|other|far'] }]);
  });

  it('a listener that has gone is told no more', () => {
    const resources = createResources({ mesh: createMesh() });
    const listener = jest.fn();
    resources.retain('EDS', '');
    resources.onChange(listener)();
    resources.apply(recorded([registered()]));
    expect(listener).not.toHaveBeenCalled();
  });
});
