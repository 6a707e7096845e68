import type { EventMeta, Json, RegistryEvent } from '@thuban/events';
import type { Lookup } from '@thuban/event-sourcing';
import {
  apiPath,
  changed,
  created,
  createWrites as createApiWrites,
  DELETED,
  type OnRefused,
  RequestRefused,
  valid,
  type Write as ApiWrite,
} from '@thuban/nest';
import {
  findAlias,
  findInstance,
  findNamespace,
  findService,
  validateAlias,
  validateInstance,
  validateInstanceChanges,
  validateNamespace,
  validateNamespaceChanges,
  validateService,
  validateServiceChanges,
  type RegistryCommand,
  type RegistryEntry,
} from '@thuban/registry-domain';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { type RegistryCommitter, requireNamespace } from '../registry-committer.js';
import { subjectOf } from '../subject-of.js';
import { aliasView, instanceView, namespaceView, serviceView } from './views.js';

type State = Lookup<RegistryEntry>;

/** A command and what is answered once it is durable. */
export interface Write extends Omit<ApiWrite<RegistryCommand, RegistryEvent, RegistryEntry>, 'before'> {
  /** A namespace that the command needs: created when it is missing. */
  readonly needsNamespace?: string;
}

const namespacePath = (namespace: string): string => apiPath('namespaces', namespace);
const servicePath = (namespace: string, service: string): string =>
  apiPath('namespaces', namespace, 'services', service);
const aliasPath = (namespace: string, alias: string): string => apiPath('namespaces', namespace, 'aliases', alias);
const instancePath = (namespace: string, service: string, id: string): string =>
  apiPath('namespaces', namespace, 'services', service, 'instances', id);

const viewed = <E, V>(entry: E | undefined, view: (entry: E) => V): V | undefined => entry && view(entry);

export const createNamespace = (body: object): Write => {
  const namespace = valid(validateNamespace(body));
  const view = (state: State) => viewed(findNamespace(state, namespace.name), namespaceView);
  return {
    command: { type: 'CreateNamespace', namespace, ifAbsent: false },
    answer: (_events, state) => created(namespacePath(namespace.name), view(state)),
  };
};

export const changeNamespace = (name: string, body: object): Write => ({
  command: { type: 'ChangeNamespace', name, changes: valid(validateNamespaceChanges(body)) },
  answer: (_events, state) => changed(viewed(findNamespace(state, name), namespaceView)),
});

export const deleteNamespace = (name: string): Write => ({
  command: { type: 'DeleteNamespace', name },
  answer: () => DELETED,
});

export const createService = (namespace: string, body: object): Write => {
  const service = valid(validateService({ ...body, namespace }));
  const view = (state: State) => viewed(findService(state, namespace, service.name), serviceView);
  return {
    command: { type: 'CreateService', service },
    answer: (_events, state) => created(servicePath(namespace, service.name), view(state)),
  };
};

export const changeService = (namespace: string, name: string, body: object): Write => ({
  command: { type: 'ChangeService', namespace, name, changes: valid(validateServiceChanges(body)) },
  answer: (_events, state) => changed(viewed(findService(state, namespace, name), serviceView)),
});

export const deleteService = (namespace: string, name: string): Write => ({
  command: { type: 'DeleteService', namespace, name },
  answer: () => DELETED,
});

export const createAlias = (namespace: string, body: object): Write => {
  const alias = valid(validateAlias({ targetNamespace: namespace, ...body, namespace }));
  const view = (state: State) => viewed(findAlias(state, namespace, alias.name), aliasView);
  return {
    command: { type: 'CreateAlias', alias },
    answer: (_events, state) => created(aliasPath(namespace, alias.name), view(state)),
  };
};

export const deleteAlias = (namespace: string, name: string): Write => ({
  command: { type: 'DeleteAlias', namespace, name },
  answer: () => DELETED,
});

export const createInstance = (namespace: string, service: string, body: object): Write => {
  const instance = valid(validateInstance({ ...body, namespace, service }));
  const { id } = instance;
  const view = (state: State) => viewed(findInstance(state, namespace, service, id), instanceView);
  return {
    command: { type: 'CreateInstance', instance },
    answer: (_events, state) => created(instancePath(namespace, service, id), view(state)),
    needsNamespace: namespace,
  };
};

export const changeInstance = (namespace: string, service: string, id: string, body: object): Write => ({
  command: { type: 'ChangeInstance', ref: { namespace, service, id }, changes: valid(validateInstanceChanges(body)) },
  answer: (_events, state) => changed(viewed(findInstance(state, namespace, service, id), instanceView)),
});

/** Deregistering what is absent is no event; HTTP says 404 for it. */
export const deleteInstance = (namespace: string, service: string, id: string): Write => ({
  command: { type: 'DeregisterInstance', ref: { namespace, service, id } },
  answer: (events) => {
    if (events.length > 0) return DELETED;
    throw new RequestRefused(404, 'INSTANCE_NOT_FOUND', `instance "${id}" does not exist in "${namespace}/${service}"`);
  },
});

/** Runs writes of HTTP requests. */
export interface Writes {
  /** Resolves with the answer's body once the write is durable; status and Location are set on the reply. */
  run(write: Write, request: FastifyRequest, reply: FastifyReply): Promise<Json | undefined>;
}

export const createWrites = (
  committer: Pick<RegistryCommitter, 'handleCommand' | 'remembers'>,
  state: State,
  onRefused?: OnRefused,
): Writes => {
  const { run } = createApiWrites(committer, onRefused && { onRefused, subjectOf });
  return {
    run: ({ needsNamespace: namespace, ...write }, request, reply) => {
      const before = (meta: EventMeta): Promise<void> => requireNamespace(committer, state, namespace ?? '', meta);
      return run(namespace === undefined ? write : { ...write, before }, request, reply);
    },
  };
};
