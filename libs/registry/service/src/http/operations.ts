import { REGISTRY_LOG } from '@thuban/events';
import { z } from 'zod';
import type { Operation } from './operation.js';
import * as schemas from './schemas.js';

/** A whole number in a query string. */
const wholeNumber = (min: number, max: number) =>
  z.preprocess(
    (value) => (typeof value === 'string' && /^\d{1,16}$/.test(value) ? Number(value) : value),
    z
      .number({ error: 'must be a whole number' })
      .int()
      .min(min, `must be at least ${min}`)
      .max(max, `must be at most ${max}`),
  );
const flag = z
  .enum(['true', 'false'], { error: 'must be true or false' })
  .transform((value) => value === 'true')
  .pipe(z.boolean());
const text = (description: string) => z.string().meta({ description });
/** `key=value`, may be given several times; all must hold. */
const metadata = z
  .preprocess(
    (value) => (value === undefined ? [] : Array.isArray(value) ? value : [value]),
    z.array(z.string().regex(/^[^=]+=/, 'must be key=value')),
  )
  .meta({ description: 'key=value; may be given several times, all must hold' });

const paging = {
  limit: wholeNumber(1, 500).default(100).meta({ description: 'how many at most' }),
  cursor: text('`next` of the page before').optional(),
};
const byName = {
  name: text('exactly this name').optional(),
  namePrefix: text('names that begin so').optional(),
};

const NAMESPACES = '/v1/namespaces';
const NAMESPACE = `${NAMESPACES}/:namespace`;
const SERVICES = `${NAMESPACE}/services`;
const SERVICE = `${SERVICES}/:service`;
const ALIASES = `${NAMESPACE}/aliases`;
const ALIAS = `${ALIASES}/:alias`;
const INSTANCES = `${SERVICE}/instances`;
const INSTANCE = `${INSTANCES}/:instance`;

const serviceFilters = { ...byName, metadata };
const instanceFilters = {
  host: text('exactly this host').optional(),
  port: wholeNumber(0, 65_535).optional(),
  healthy: flag.optional(),
  isolated: flag.optional(),
  protocol: text('exactly this protocol').optional(),
  version: text('exactly this version').optional(),
  metadata,
};
const MAX_SEQ = Number.MAX_SAFE_INTEGER;

/** Every operation of `/v1`: the one table behind the routes, the parsing and the OpenAPI document. */
export const OPERATIONS = {
  listNamespaces: {
    id: 'listNamespaces',
    method: 'GET',
    path: NAMESPACES,
    summary: 'List namespaces by name',
    tag: 'namespaces',
    query: z.strictObject({ ...paging, ...byName, metadata }),
    status: 200,
    answer: schemas.NamespacePage,
  },
  createNamespace: {
    id: 'createNamespace',
    method: 'POST',
    path: NAMESPACES,
    summary: 'Create a namespace',
    tag: 'namespaces',
    body: schemas.NamespaceInput,
    status: 201,
    answer: schemas.Namespace,
  },
  getNamespace: {
    id: 'getNamespace',
    method: 'GET',
    path: NAMESPACE,
    summary: 'One namespace',
    tag: 'namespaces',
    status: 200,
    answer: schemas.Namespace,
  },
  changeNamespace: {
    id: 'changeNamespace',
    method: 'PATCH',
    path: NAMESPACE,
    summary: 'Replace the fields that are named',
    tag: 'namespaces',
    body: schemas.NamespaceChanges,
    status: 200,
    answer: schemas.Namespace,
  },
  deleteNamespace: {
    id: 'deleteNamespace',
    method: 'DELETE',
    path: NAMESPACE,
    summary: 'Delete a namespace that holds nothing',
    tag: 'namespaces',
    status: 204,
  },
  listAllServices: {
    id: 'listAllServices',
    method: 'GET',
    path: '/v1/services',
    summary: 'List services of all namespaces by namespace and name',
    tag: 'services',
    query: z.strictObject({ ...paging, namespace: text('only of this namespace').optional(), ...serviceFilters }),
    status: 200,
    answer: schemas.ServicePage,
  },
  listServices: {
    id: 'listServices',
    method: 'GET',
    path: SERVICES,
    summary: 'List the services of a namespace by name',
    tag: 'services',
    query: z.strictObject({ ...paging, ...serviceFilters }),
    status: 200,
    answer: schemas.ServicePage,
  },
  createService: {
    id: 'createService',
    method: 'POST',
    path: SERVICES,
    summary: 'Create a service in a namespace that exists',
    tag: 'services',
    body: schemas.ServiceInput,
    status: 201,
    answer: schemas.Service,
  },
  getService: {
    id: 'getService',
    method: 'GET',
    path: SERVICE,
    summary: 'One service',
    tag: 'services',
    status: 200,
    answer: schemas.Service,
  },
  changeService: {
    id: 'changeService',
    method: 'PATCH',
    path: SERVICE,
    summary: 'Replace the fields that are named',
    tag: 'services',
    body: schemas.ServiceChanges,
    status: 200,
    answer: schemas.Service,
  },
  deleteService: {
    id: 'deleteService',
    method: 'DELETE',
    path: SERVICE,
    summary: 'Delete a service without instances and aliases',
    tag: 'services',
    status: 204,
  },
  listAliases: {
    id: 'listAliases',
    method: 'GET',
    path: ALIASES,
    summary: 'List the aliases of a namespace by name',
    tag: 'aliases',
    query: z.strictObject({
      ...paging,
      ...byName,
      targetNamespace: text('only aliases of services there').optional(),
      targetService: text('only aliases of this service').optional(),
    }),
    status: 200,
    answer: schemas.AliasPage,
  },
  createAlias: {
    id: 'createAlias',
    method: 'POST',
    path: ALIASES,
    summary: 'Create an alias of a service',
    tag: 'aliases',
    body: schemas.AliasInput,
    status: 201,
    answer: schemas.Alias,
  },
  getAlias: {
    id: 'getAlias',
    method: 'GET',
    path: ALIAS,
    summary: 'One alias',
    tag: 'aliases',
    status: 200,
    answer: schemas.Alias,
  },
  deleteAlias: {
    id: 'deleteAlias',
    method: 'DELETE',
    path: ALIAS,
    summary: 'Delete an alias',
    tag: 'aliases',
    status: 204,
  },
  listAllInstances: {
    id: 'listAllInstances',
    method: 'GET',
    path: '/v1/instances',
    summary: 'List instances of all services by namespace, service and id',
    tag: 'instances',
    query: z.strictObject({
      ...paging,
      namespace: text('only of this namespace').optional(),
      service: text('only of services with this name').optional(),
      ...instanceFilters,
    }),
    status: 200,
    answer: schemas.InstancePage,
  },
  listInstances: {
    id: 'listInstances',
    method: 'GET',
    path: INSTANCES,
    summary: 'List the instances of a service by id',
    tag: 'instances',
    query: z.strictObject({ ...paging, ...instanceFilters }),
    status: 200,
    answer: schemas.InstancePage,
  },
  createInstance: {
    id: 'createInstance',
    method: 'POST',
    path: INSTANCES,
    summary: 'Register an instance; its service and namespace are created when missing',
    tag: 'instances',
    body: schemas.InstanceInput,
    status: 201,
    answer: schemas.Instance,
  },
  getInstance: {
    id: 'getInstance',
    method: 'GET',
    path: INSTANCE,
    summary: 'One instance',
    tag: 'instances',
    status: 200,
    answer: schemas.Instance,
  },
  changeInstance: {
    id: 'changeInstance',
    method: 'PATCH',
    path: INSTANCE,
    summary: 'Replace the fields that are named; the incarnation stays',
    tag: 'instances',
    body: schemas.InstanceChanges,
    status: 200,
    answer: schemas.Instance,
  },
  deleteInstance: {
    id: 'deleteInstance',
    method: 'DELETE',
    path: INSTANCE,
    summary: 'Deregister an instance',
    tag: 'instances',
    status: 204,
  },
  listEvents: {
    id: 'listEvents',
    method: 'GET',
    path: '/v1/events',
    summary: 'Events of a log, of one shard or of all, now or as soon as there are some',
    tag: 'events',
    query: z.strictObject({
      log: z.string().default(REGISTRY_LOG).meta({ description: 'name of the log' }),
      shard: wholeNumber(0, 1023).optional(),
      from: wholeNumber(1, MAX_SEQ).optional().meta({ description: 'first seq wanted; needs a shard' }),
      limit: paging.limit,
      cursor: text('`next` or `position` of an answer before').optional(),
      waitMs: wholeNumber(0, 30_000).default(0).meta({ description: 'how long to wait while there is nothing' }),
    }),
    status: 200,
    answer: schemas.EventPage,
  },
  streamEvents: {
    id: 'streamEvents',
    method: 'GET',
    path: '/v1/events/stream',
    tag: 'events',
    summary:
      'Follow a log as server-sent events: data is an Event, id a position to go on from (from or Last-Event-ID)',
    query: z.strictObject({
      log: z.string().default(REGISTRY_LOG).meta({ description: 'name of the log' }),
      from: text('a position, or `start` for the beginning; from now on when absent').optional(),
    }),
    status: 200,
    contentType: 'text/event-stream',
  },
  getStatus: {
    id: 'getStatus',
    method: 'GET',
    path: '/v1/status',
    summary: 'What this process is and how it does',
    tag: 'process',
    status: 200,
    answer: schemas.Status,
  },
  getOpenApi: {
    id: 'getOpenApi',
    method: 'GET',
    path: '/v1/openapi.json',
    summary: 'This document',
    tag: 'process',
    status: 200,
    answer: z.looseObject({}),
  },
} as const satisfies Record<string, Operation>;
