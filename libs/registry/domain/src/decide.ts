import type { Alias, Instance, Namespace, RegistryEvent, Service } from '@thuban/events';
import { REGISTRY_SHARDS, shardOf, streamId } from '@thuban/events';
import type { StreamKind } from '@thuban/events';
import { CommandRejected, type Decided, type Lookup } from '@thuban/event-sourcing';
import type { InstanceRef, RegistryCommand } from './commands.js';
import { undescribedService } from './evolve.js';
import { findAlias, findInstance, findInstanceId, findNamespace, findService } from './lookup.js';
import { sameContent } from './same-content.js';
import type { InstanceEntry, RegistryEntry } from './state.js';

type State = Lookup<RegistryEntry>;
type Facts = readonly Decided<RegistryEvent>[];
type CommandOf<T extends RegistryCommand['type']> = Extract<RegistryCommand, { type: T }>;

const NOTHING: Facts = [];

/**
 * Turns a wish into facts; an empty list means that nothing needs to change.
 * @throws CommandRejected NOT_FOUND, ALREADY_EXISTS or FAILED_PRECONDITION, with the field at fault and one of the reasons
 *   NAMESPACE_NOT_FOUND, SERVICE_NOT_FOUND, ALIAS_NOT_FOUND, INSTANCE_NOT_FOUND, NAMESPACE_EXISTS, SERVICE_EXISTS, ALIAS_EXISTS,
 *   INSTANCE_EXISTS, NAME_IS_ALIAS, TARGET_IS_ALIAS, NAMESPACE_HAS_SERVICES, NAMESPACE_HAS_ALIASES, SERVICE_HAS_INSTANCES,
 *   SERVICE_HAS_ALIASES, INSTANCE_ID_AMBIGUOUS.
 */
export const decide = (command: RegistryCommand, state: State): Facts => {
  switch (command.type) {
    case 'CreateNamespace':
      return createNamespace(command, state);
    case 'ChangeNamespace':
      return changeNamespace(command, state);
    case 'DeleteNamespace':
      return deleteNamespace(command.name, state);
    case 'CreateService':
      return createService(command.service, state);
    case 'ChangeService':
      return changeService(command, state);
    case 'DeleteService':
      return deleteService(command.namespace, command.name, state);
    case 'CreateAlias':
      return createAlias(command.alias, state);
    case 'DeleteAlias':
      return deleteAlias(command.namespace, command.name, state);
    case 'RegisterInstance':
      return registerInstance(command.instance, state);
    case 'CreateInstance':
      return createInstance(command.instance, state);
    case 'ChangeInstance':
      return changeInstance(command, state);
    case 'DeregisterInstance':
      return deregisterInstance(command.ref, state);
  }
};

const fact = (
  key: string,
  kind: StreamKind,
  names: readonly string[],
  event: RegistryEvent,
): Decided<RegistryEvent> => ({
  stream: streamId(kind, ...names),
  shard: shardOf(key, REGISTRY_SHARDS),
  event,
});

const ofNamespace = (name: string, event: RegistryEvent): Facts => [fact(name, 'namespace', [name], event)];

const ofService = (namespace: string, name: string, event: RegistryEvent): Facts => [
  fact(`${namespace}/${name}`, 'service', [namespace, name], event),
];

const ofAlias = (namespace: string, name: string, event: RegistryEvent): Facts => [
  fact(`${namespace}/${name}`, 'alias', [namespace, name], event),
];

const ofInstance = (namespace: string, service: string, id: string, event: RegistryEvent): Facts => [
  fact(`${namespace}/${service}`, 'instance', [namespace, service, id], event),
];

const notFound = (what: string, name: string, field: string, reason: string): CommandRejected =>
  new CommandRejected('NOT_FOUND', `${what} "${name}" does not exist`, { field, reason });

const exists = (what: string, name: string, field: string, reason: string): CommandRejected =>
  new CommandRejected('ALREADY_EXISTS', `${what} "${name}" exists already`, { field, reason });

const blocked = (message: string, field: string, reason: string): CommandRejected =>
  new CommandRejected('FAILED_PRECONDITION', message, { field, reason });

const plural = (count: number, noun: string): string =>
  count === 1 ? `1 ${noun}` : `${count} ${noun}${noun.endsWith('s') ? 'es' : 's'}`;

const createNamespace = ({ namespace, ifAbsent }: CommandOf<'CreateNamespace'>, state: State): Facts => {
  const known = findNamespace(state, namespace.name);
  if (!known || known.implied) return ofNamespace(namespace.name, { type: 'NamespaceCreated', data: namespace });
  if (ifAbsent) return NOTHING;
  throw exists('namespace', namespace.name, 'name', 'NAMESPACE_EXISTS');
};

const changeNamespace = ({ name, changes }: CommandOf<'ChangeNamespace'>, state: State): Facts => {
  const known = findNamespace(state, name);
  if (!known) throw notFound('namespace', name, 'name', 'NAMESPACE_NOT_FOUND');
  const data: Namespace = { ...known.namespace, ...changes };
  return sameContent(data, known.namespace) ? NOTHING : ofNamespace(name, { type: 'NamespaceChanged', data });
};

const deleteNamespace = (name: string, state: State): Facts => {
  const known = findNamespace(state, name);
  if (!known) throw notFound('namespace', name, 'name', 'NAMESPACE_NOT_FOUND');
  if (known.services > 0)
    throw blocked(
      `namespace "${name}" still has ${plural(known.services, 'service')}`,
      'name',
      'NAMESPACE_HAS_SERVICES',
    );
  if (known.aliases > 0)
    throw blocked(`namespace "${name}" still has ${plural(known.aliases, 'alias')}`, 'name', 'NAMESPACE_HAS_ALIASES');
  return ofNamespace(name, { type: 'NamespaceDeleted', data: { name } });
};

const refuseAlias = (namespace: string, name: string, field: string, state: State): void => {
  const alias = findAlias(state, namespace, name)?.alias;
  if (!alias) return;
  const target = `${alias.targetNamespace}/${alias.targetService}`;
  throw blocked(`"${namespace}/${name}" is an alias of "${target}"; name the service itself`, field, 'NAME_IS_ALIAS');
};

/** Services and aliases share one name space. A service that is only implied may still be described by creating it. */
const refuseTakenName = (namespace: string, name: string, state: State, mayBeImplied = false): void => {
  const service = findService(state, namespace, name);
  if (service && !(mayBeImplied && service.implied))
    throw exists('service', `${namespace}/${name}`, 'name', 'SERVICE_EXISTS');
  if (findAlias(state, namespace, name)) throw exists('alias', `${namespace}/${name}`, 'name', 'ALIAS_EXISTS');
};

const requireNamespace = (name: string, state: State): void => {
  if (!findNamespace(state, name)) throw notFound('namespace', name, 'namespace', 'NAMESPACE_NOT_FOUND');
};

const createService = (service: Service, state: State): Facts => {
  requireNamespace(service.namespace, state);
  refuseTakenName(service.namespace, service.name, state, true);
  return ofService(service.namespace, service.name, { type: 'ServiceCreated', data: service });
};

const changeService = ({ namespace, name, changes }: CommandOf<'ChangeService'>, state: State): Facts => {
  refuseAlias(namespace, name, 'name', state);
  const known = findService(state, namespace, name);
  if (!known) throw notFound('service', `${namespace}/${name}`, 'name', 'SERVICE_NOT_FOUND');
  const data: Service = { ...known.service, ...changes };
  return sameContent(data, known.service) ? NOTHING : ofService(namespace, name, { type: 'ServiceChanged', data });
};

const deleteService = (namespace: string, name: string, state: State): Facts => {
  refuseAlias(namespace, name, 'name', state);
  const known = findService(state, namespace, name);
  if (!known) throw notFound('service', `${namespace}/${name}`, 'name', 'SERVICE_NOT_FOUND');
  const still = `service "${namespace}/${name}" still has`;
  if (known.instances > 0)
    throw blocked(`${still} ${plural(known.instances, 'instance')}`, 'name', 'SERVICE_HAS_INSTANCES');
  if (known.aliases > 0) throw blocked(`${still} ${plural(known.aliases, 'alias')}`, 'name', 'SERVICE_HAS_ALIASES');
  return ofService(namespace, name, { type: 'ServiceDeleted', data: { namespace, name } });
};

const createAlias = (alias: Alias, state: State): Facts => {
  const { namespace, name, targetNamespace, targetService } = alias;
  requireNamespace(namespace, state);
  refuseTakenName(namespace, name, state);
  const target = `${targetNamespace}/${targetService}`;
  if (findAlias(state, targetNamespace, targetService))
    throw blocked(`"${target}" is an alias itself; an alias names a service`, 'targetService', 'TARGET_IS_ALIAS');
  if (!findService(state, targetNamespace, targetService))
    throw notFound('service', target, 'targetService', 'SERVICE_NOT_FOUND');
  return ofAlias(namespace, name, { type: 'AliasCreated', data: alias });
};

const deleteAlias = (namespace: string, name: string, state: State): Facts => {
  if (!findAlias(state, namespace, name)) throw notFound('alias', `${namespace}/${name}`, 'name', 'ALIAS_NOT_FOUND');
  return ofAlias(namespace, name, { type: 'AliasDeleted', data: { namespace, name } });
};

/** The registration and, in the same shard and so in the same append, the service that it needs. */
const registered = (instance: Instance, state: State): Facts => {
  const { namespace, service, id } = instance;
  const fact = ofInstance(namespace, service, id, { type: 'InstanceRegistered', data: instance });
  if (findService(state, namespace, service)) return fact;
  return [
    ...ofService(namespace, service, { type: 'ServiceCreated', data: undescribedService(namespace, service) }),
    ...fact,
  ];
};

const registerInstance = (instance: Instance, state: State): Facts => {
  const { namespace, service, id } = instance;
  refuseAlias(namespace, service, 'service', state);
  const known = findInstance(state, namespace, service, id)?.instance;
  if (!known) return registered(instance, state);
  // Isolation is an operator's decision: a client that registers again does not undo it.
  const again: Instance = { ...instance, isolated: known.isolated };
  return sameContent(again, known) ? NOTHING : registered(again, state);
};

const createInstance = (instance: Instance, state: State): Facts => {
  const { namespace, service, id } = instance;
  refuseAlias(namespace, service, 'service', state);
  if (findInstance(state, namespace, service, id)) throw exists('instance', id, 'id', 'INSTANCE_EXISTS');
  return registered(instance, state);
};

/** @throws CommandRejected when several services hold the id and the reference does not say which is meant. */
const refersTo = (ref: InstanceRef, state: State): InstanceEntry | undefined => {
  if ('namespace' in ref) return findInstance(state, ref.namespace, ref.service, ref.id);
  const place = findInstanceId(state, ref.id);
  if (!place) return undefined;
  if (!place.others) return findInstance(state, place.namespace, place.service, ref.id);
  const count = place.others.length + 1;
  throw blocked(
    `${count} services hold the instance id "${ref.id}"; name namespace and service too`,
    'id',
    'INSTANCE_ID_AMBIGUOUS',
  );
};

const changeInstance = ({ ref, changes }: CommandOf<'ChangeInstance'>, state: State): Facts => {
  const known = refersTo(ref, state)?.instance;
  if (!known) throw notFound('instance', ref.id, 'id', 'INSTANCE_NOT_FOUND');
  const data: Instance = { ...known, ...changes };
  if (sameContent(data, known)) return NOTHING;
  return ofInstance(known.namespace, known.service, known.id, { type: 'InstanceChanged', data });
};

const deregisterInstance = (ref: InstanceRef, state: State): Facts => {
  const known = refersTo(ref, state)?.instance;
  if (!known) return NOTHING;
  const { namespace, service, id } = known;
  return ofInstance(namespace, service, id, { type: 'InstanceDeregistered', data: { namespace, service, id } });
};
