import { compareKeys, pageOf, RequestRefused, startOf, type InputOf, type Key } from '@thuban/nest';
import {
  findAlias,
  findInstance,
  findNamespace,
  findService,
  type AliasEntry,
  type InstanceEntry,
  type NamespaceEntry,
  type RegistryState,
  type ServiceEntry,
} from '@thuban/registry-domain';
import { matchesAlias, matchesInstance, matchesNamespace, matchesService } from './filters.js';
import type { OPERATIONS } from './operations.js';
import { aliasView, instanceView, namespaceView, serviceView } from './views.js';

type QueryOf<K extends keyof typeof OPERATIONS> = InputOf<(typeof OPERATIONS)[K]>['query'];

const absent = (what: string, name: string, code: string): never => {
  throw new RequestRefused(404, code, `${what} "${name}" does not exist`);
};

const namespaceKey = ({ namespace }: NamespaceEntry): Key => [namespace.name];
const serviceKey = ({ service }: ServiceEntry): Key => [service.namespace, service.name];
const aliasKey = ({ alias }: AliasEntry): Key => [alias.namespace, alias.name];
const instanceKey = ({ instance }: InstanceEntry): Key => [instance.namespace, instance.service, instance.id];

/** The instances of these services, in order; services that end before the page begins are not looked into. */
function* instancesOf(
  state: RegistryState,
  services: readonly ServiceEntry[],
  after: Key | undefined,
): Generator<InstanceEntry> {
  for (const entry of services) {
    if (after && compareKeys(serviceKey(entry), after) < 0) continue;
    yield* state.instances(entry.service.namespace, entry.service.name);
  }
}

/**
 * What `/v1` reads: always the committed fold, so a read after an acknowledged write sees it.
 * @throws RequestRefused 404 for a thing, or a parent in the path, that does not exist.
 */
export const createLists = (state: RegistryState) => {
  const namespace = (name: string): NamespaceEntry =>
    findNamespace(state, name) ?? absent('namespace', name, 'NAMESPACE_NOT_FOUND');
  const service = (inNamespace: string, name: string): ServiceEntry =>
    findService(state, inNamespace, name) ?? absent('service', `${inNamespace}/${name}`, 'SERVICE_NOT_FOUND');
  const servicePage = (services: readonly ServiceEntry[], query: QueryOf<'listServices'>) =>
    pageOf(services, {
      keyOf: serviceKey,
      matches: matchesService(query),
      view: serviceView,
      after: startOf(query.cursor, 2),
      limit: query.limit,
    });
  const instancePage = (services: readonly ServiceEntry[], query: QueryOf<'listInstances'>) => {
    const after = startOf(query.cursor, 3);
    const matches = matchesInstance(query);
    return pageOf(instancesOf(state, services, after), {
      keyOf: instanceKey,
      matches,
      view: instanceView,
      after,
      limit: query.limit,
    });
  };

  return {
    namespaces: (query: QueryOf<'listNamespaces'>) =>
      pageOf(state.namespaces(), {
        keyOf: namespaceKey,
        matches: matchesNamespace(query),
        view: namespaceView,
        after: startOf(query.cursor, 1),
        limit: query.limit,
      }),
    namespace: (name: string) => namespaceView(namespace(name)),
    allServices: ({ namespace: only, ...query }: QueryOf<'listAllServices'>) =>
      servicePage(state.services(only), query),
    services: (inNamespace: string, query: QueryOf<'listServices'>) =>
      servicePage(state.services(namespace(inNamespace).namespace.name), query),
    service: (inNamespace: string, name: string) => serviceView(service(inNamespace, name)),
    aliases: (inNamespace: string, query: QueryOf<'listAliases'>) =>
      pageOf(state.aliases(namespace(inNamespace).namespace.name), {
        keyOf: aliasKey,
        matches: matchesAlias(query),
        view: aliasView,
        after: startOf(query.cursor, 2),
        limit: query.limit,
      }),
    alias: (inNamespace: string, name: string) =>
      aliasView(findAlias(state, inNamespace, name) ?? absent('alias', `${inNamespace}/${name}`, 'ALIAS_NOT_FOUND')),
    allInstances: ({ namespace: inNamespace, service: ofService, ...query }: QueryOf<'listAllInstances'>) => {
      const services = state.services(inNamespace);
      return instancePage(
        ofService === undefined ? services : services.filter((each) => each.service.name === ofService),
        query,
      );
    },
    instances: (inNamespace: string, ofService: string, query: QueryOf<'listInstances'>) =>
      instancePage([service(inNamespace, ofService)], query),
    instance: (inNamespace: string, ofService: string, id: string) =>
      instanceView(
        findInstance(state, inNamespace, ofService, id) ??
          absent('instance', `${inNamespace}/${ofService}/${id}`, 'INSTANCE_NOT_FOUND'),
      ),
  };
};

export type Lists = ReturnType<typeof createLists>;
