import type { RouteRule, ServiceRouting } from '@thuban/events';
import type { Mesh, MeshService } from '@thuban/xds-mesh';
import { clusterName } from './clusters.js';
import { claimDomains } from './domains.js';
import { endpointOrder, omissionOf } from './endpoints.js';
import { readBranch } from './routed-branches.js';
import { targetOf, routedNames } from './routes.js';

/** Something registered that proxies do not get as it was meant. Nothing else suffers from it. */
export interface Problem {
  readonly kind:
    | 'domain taken'
    | 'domain illegal'
    | 'alias without target'
    | 'endpoint left out'
    | 'address twice'
    | 'rule left out'
    | 'rule without instances';
  readonly namespace: string;
  /** The service or alias; of `rule left out` the rule, or the service whose own routing it is. */
  readonly name: string;
  /** A sentence for operators. */
  readonly text: string;
}

/**
 * All problems of the mesh as it is. O(everything): for a status page, not for a push. `emptyBranches` names the branches of a service's
 * rules that match requests and have nobody to send them to.
 */
export const problemsOf = (
  mesh: Mesh,
  emptyBranches: (service: MeshService) => readonly string[],
): readonly Problem[] => [
  ...[...mesh.namespaces()].flatMap((namespace) => {
    const services = [...(mesh.namespace(namespace)?.services.values() ?? [])];
    return [
      ...aliasProblems(mesh, namespace),
      ...domainProblems(mesh, namespace),
      ...services.flatMap(endpointProblems),
      ...services.flatMap((service) => emptyBranchProblems(service, emptyBranches(service))),
    ];
  }),
  ...[...mesh.routeRules()].flatMap(ruleProblems),
  ...[...mesh.serviceRoutings()].flatMap(routingProblems),
];

const emptyBranchProblems = ({ namespace, name }: MeshService, branches: readonly string[]): readonly Problem[] =>
  branches.map((branch) => ({
    kind: 'rule without instances',
    namespace,
    name,
    text: `${branch}: no instance of ${name} is what its destinations ask for; what it matches goes to later branches, and is answered 503 when none takes it`,
  }));

const leftOut = (namespace: string, name: string, texts: readonly string[]): readonly Problem[] =>
  texts.map((text) => ({ kind: 'rule left out', namespace, name, text }));

const ruleProblems = ({ id, namespace, name, enabled, branches }: RouteRule): readonly Problem[] =>
  enabled
    ? branches.flatMap((branch, i) =>
        leftOut(namespace, name, readBranch({ form: 'route-rule', id, name, branch, index: i }, namespace).problems),
      )
    : [];

const routingProblems = ({ namespace, service, inbounds, outbounds }: ServiceRouting): readonly Problem[] => [
  ...inbounds.flatMap((branch, i) =>
    leftOut(
      namespace,
      service,
      readBranch({ form: 'service-routing', id: '', name: '', branch, index: i }, namespace).problems,
    ),
  ),
  ...(outbounds.length > 0
    ? leftOut(namespace, service, [
        `outbounds of ${service} are not followed by proxies: write them as a rule, or as inbounds of the services that are called`,
      ])
    : []),
];

const aliasProblems = (mesh: Mesh, namespace: string): readonly Problem[] =>
  [...(mesh.namespace(namespace)?.aliases.values() ?? [])]
    .filter((alias) => targetOf(mesh, alias) === undefined)
    .map(({ name, targetNamespace, targetService }) => ({
      kind: 'alias without target',
      namespace,
      name,
      text: `alias ${name} stands for ${targetService} of namespace ${targetNamespace}, which does not exist: proxies do not know the alias`,
    }));

const domainProblems = (mesh: Mesh, namespace: string): readonly Problem[] =>
  claimDomains(routedNames(mesh, namespace)).flatMap(
    ({ name: { name }, domains, illegal, taken }): readonly Problem[] => {
      const rest = domains.length > 0 ? `it keeps ${domains.join(', ')}` : 'no host name is left for it';
      return [
        ...illegal.map((domain): Problem => ({
          kind: 'domain illegal',
          namespace,
          name,
          text: `${domain} cannot stand in a Host header: ${rest}`,
        })),
        ...taken.map(({ domain, owner }): Problem => ({
          kind: 'domain taken',
          namespace,
          name,
          text: `${domain} belongs to the older ${owner.kind} ${owner.name}, not to ${name}: ${rest}`,
        })),
      ];
    },
  );

const endpointProblems = (service: MeshService): readonly Problem[] => {
  const { namespace, name } = service;
  const cluster = clusterName(namespace, name);
  const instances = [...service.endpoints.values()].sort(endpointOrder);
  const problems: Problem[] = [];
  let previous: (typeof instances)[number] | undefined;
  for (const instance of instances) {
    const { id, host, port } = instance;
    const omission = omissionOf(instance);
    if (omission === 'isolated' || omission === 'weight 0') continue; // as wished
    if (omission !== undefined) {
      problems.push({
        kind: 'endpoint left out',
        namespace,
        name,
        text: `${host}:${port} (instance ${id}) is not in ${cluster}: ${omission}`,
      });
    } else if (previous?.host === host && previous.port === port) {
      problems.push({
        kind: 'address twice',
        namespace,
        name,
        text: `${host}:${port} is served once in ${cluster}, as instance ${previous.id} and not as ${id}`,
      });
    } else previous = instance;
  }
  return problems;
};
