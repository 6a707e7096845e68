import { fromBinary } from '@bufbuild/protobuf';
import type { RegistryEvent, RouteRule } from '@thuban/events';
import { envoy } from '@thuban/proto';
import { createMesh } from '@thuban/xds-mesh';
import { recorded } from '@thuban/testing';
import {
  aliasCreated,
  aNode,
  changed,
  deregistered,
  type Loose,
  ofRulesLog,
  registered,
  ruleDeleted,
  ruleSet,
  serviceCreated,
} from './fixtures/scenario.js';
import { createResources, type Resource, type Resources } from './index.js';

const ECHO = 'OUTBOUND|default|echo';
const ROUTES = 'polaris-outbound-router';
type Node = ReturnType<typeof aNode>;

const routes = (resources: Resources, node: Node = aNode()): Resource =>
  resources.get('RDS', resources.viewOf('RDS', node), ROUTES)!;
const hostsOf = (resource: Resource) => fromBinary(envoy.RouteConfigurationSchema, resource.bytes).virtualHosts;

/** Where the routes of echo lead to, in short, first match first. */
const leads = (resources: Resources, node?: Node): readonly string[] =>
  hostsOf(routes(resources, node))[0]!.routes.map(({ action }) => {
    if (action.case !== 'route') return action.case === 'directResponse' ? `${action.value.status}` : 'other';
    const { clusterSpecifier, metadataMatch } = action.value;
    const labels = (metadata = metadataMatch) => Object.values(metadata?.filterMetadata['envoy.lb'] ?? {}).join('+');
    if (clusterSpecifier.case === 'weightedClusters')
      return clusterSpecifier.value.clusters.map((one) => `${labels(one.metadataMatch)}:${one.weight}`).join(' ');
    const name = clusterSpecifier.value === ECHO ? 'all' : String(clusterSpecifier.value).split('|')[2];
    return labels() || name!;
  });

const apply = (resources: Resources, ...events: readonly RegistryEvent[]) => resources.apply(recorded(events));
const given = (rule: Loose<RouteRule>, ...events: readonly RegistryEvent[]): Resources => {
  const resources = createResources({ mesh: createMesh() });
  apply(resources, ...events);
  resources.apply(ofRulesLog([ruleSet(rule)]));
  return resources;
};
const version = (value: string, more: object = {}) => ({ labels: { version: { value } }, ...more });
const V1 = registered({ id: '1', host: '10.0.0.1', version: 'v1' });
const V2 = registered({ id: '2', host: '10.0.0.2', version: 'v2' });

describe('routes of rules', () => {
  it('a priority takes over while nobody of the one before is healthy, and gives back', () => {
    const resources = given({ branches: [{ destinations: [version('v1'), version('v2', { priority: 1 })] }] }, V1, V2);
    expect(leads(resources)).toEqual(['v1']);
    apply(resources, changed({ id: '1', host: '10.0.0.1', version: 'v1', healthy: false }));
    expect(leads(resources)).toEqual(['v2']);
    apply(resources, changed({ id: '2', host: '10.0.0.2', version: 'v2', healthy: false }));
    expect(leads(resources)).toEqual(['v1']);
    apply(resources, changed({ id: '2', host: '10.0.0.2', version: 'v2' }));
    expect(leads(resources)).toEqual(['v2']);
  });

  it('weights divide among destinations that have somebody', () => {
    const resources = given(
      { branches: [{ destinations: [version('v1', { weight: 80 }), version('v2', { weight: 20 })] }] },
      V1,
      V2,
    );
    expect(leads(resources)).toEqual(['v1:80 v2:20']);
    apply(resources, deregistered({ id: '2' }));
    expect(leads(resources)).toEqual(['v1']);
  });

  it('weight 0 and isolated take nothing', () => {
    const destinations = [version('v1', { weight: 0 }), version('v1', { isolated: true }), version('v2')];
    expect(leads(given({ branches: [{ destinations }] }, V1, V2))).toEqual(['v2']);
  });

  it('a branch without anybody leaves its requests to later ones, and what none of them takes is refused', () => {
    const gray = [{ arguments: [{ type: 'HEADER' as const, key: 'x', value: { value: 'gray' } }] }];
    const branches = [
      { sources: gray, destinations: [version('v9')] },
      { sources: [{ service: 'web' }], destinations: [version('v1')] },
    ];
    const resources = given({ branches }, V1, V2);
    expect(leads(resources)).toEqual(['503', 'all']);
    expect(leads(resources, aNode({ service: 'web' }))).toEqual(['v1']);
    expect(resources.problems().map(({ kind }) => kind)).toEqual(['rule without instances']);
  });

  it('callers that no rule tells apart share one resource, others do not', () => {
    const branches = [{ sources: [{ namespace: 'default', service: 'web' }], destinations: [version('v1')] }];
    const resources = given({ branches }, V1, V2);
    expect(routes(resources, aNode({ service: 'a/b' }))).toBe(routes(resources, aNode({ service: 'c' })));
    expect(leads(resources, aNode({ service: 'web' }))).toEqual(['v1']);
    expect(leads(resources, aNode({ service: 'c' }))).toEqual(['all']);
  });

  it('a computed subset changes endpoints when instances come, and no route', () => {
    const labels = { version: { type: 'REGEX' as const, value: 'v[23]' } };
    const resources = given({ branches: [{ destinations: [{ labels }] }] }, V1, V2);
    const before = routes(resources).version;
    apply(resources, registered({ id: '3', host: '10.0.0.3', version: 'v3' }));
    expect(routes(resources).version).toBe(before);
    const { endpoints } = fromBinary(envoy.ClusterLoadAssignmentSchema, resources.get('EDS', '', ECHO)!.bytes);
    const marked = endpoints.flatMap(({ lbEndpoints }) =>
      lbEndpoints.filter(({ metadata }) =>
        Object.keys(metadata?.filterMetadata['envoy.lb'] ?? {}).some((key) => key.startsWith('thuban.dev/subset-')),
      ),
    );
    expect(marked).toHaveLength(2);
  });

  it('a transfer follows the coming and going of its target, also where the service has an alias only', () => {
    const resources = given({ branches: [{ destinations: [{ transfer: 'spare' }] }] }, V1);
    apply(resources, aliasCreated('echo', 'echo', 'other', 'default'));
    const other = aNode({ namespace: 'other' });
    expect(leads(resources, other)).toEqual(['503']);
    apply(resources, serviceCreated('spare'));
    expect(leads(resources, other)).toEqual(['spare']);
    expect([...resources.names('CDS', resources.viewOf('CDS', other))]).toContain('OUTBOUND|default|spare');
  });

  it('a rule changes one virtual host and one cluster; deleting it brings every version back', () => {
    const resources = createResources({ mesh: createMesh() });
    apply(resources, V1, registered({ service: 'other' }));
    const view = resources.viewOf('CDS', aNode());
    const state = () => ({
      hosts: hostsOf(routes(resources)),
      versions: [...resources.names('CDS', view)].map((name) => resources.get('CDS', view, name)!.version),
      routes: routes(resources).version,
    });
    const before = state();
    resources.apply(ofRulesLog([ruleSet({ branches: [{ destinations: [version('v1')] }] })]));
    const during = state();
    expect(during.hosts.slice(1)).toEqual(before.hosts.slice(1));
    expect(during.versions.map((one, i) => one === before.versions[i])).toEqual([false, true]);
    resources.apply(ofRulesLog([ruleDeleted('r-1')], 2));
    expect(state()).toEqual(before);
  });
});
