import type { Mesh, MeshService } from '@thuban/xds-mesh';
import { clusterName } from './clusters.js';
import { claimDomains } from './domains.js';
import { endpointOrder, omissionOf } from './endpoints.js';
import { targetOf, routedNames } from './routes.js';

/** Something registered that proxies do not get as it was meant. Nothing else suffers from it. */
export interface Problem {
  readonly kind: 'domain taken' | 'domain illegal' | 'alias without target' | 'endpoint left out' | 'address twice';
  readonly namespace: string;
  /** The service or alias. */
  readonly name: string;
  /** A sentence for operators. */
  readonly text: string;
}

/** All problems of the mesh as it is. O(everything): for a status page, not for a push. */
export const problemsOf = (mesh: Mesh): readonly Problem[] =>
  [...mesh.namespaces()].flatMap((namespace) => [
    ...aliasProblems(mesh, namespace),
    ...domainProblems(mesh, namespace),
    ...[...(mesh.namespace(namespace)?.services.values() ?? [])].flatMap(endpointProblems),
  ]);

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
