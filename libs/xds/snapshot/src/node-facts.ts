import type { JsonObject } from '@thuban/events';
import type { NodeFacts } from './resource.js';

/** The part of envoy.config.core.v3.Node that counts here; `metadata` is its Struct as JSON. Absent and empty mean the same. */
export interface NodeMessage {
  readonly id?: string;
  readonly cluster?: string;
  readonly metadata?: JsonObject;
  readonly userAgentName?: string;
}

/** The keys of ours that a node may carry in its metadata; both also as numbers or booleans. */
export const LISTENER_PORT_KEY = 'thuban.dev/listenerPort';
export const REDIRECTED_KEY = 'thuban.dev/redirected';

const DEFAULT_PORT = 15_001;
const ID = /^(?:(sidecar|gateway)~)?([^/~]+)\/([^~]+)(?:~([^~/]+))?$/;

/** Facts, or the sentence that says what is wrong with the message (for INVALID_ARGUMENT). */
export type ParsedNode =
  { readonly ok: true; readonly facts: NodeFacts } | { readonly ok: false; readonly error: string };

const refused = (error: string): ParsedNode => ({ ok: false, error });

/**
 * What a Node message says about the content that its node gets. Forms of the id (Polaris, and a plain one of ours):
 * `namespace/uuid~hostIp`, `sidecar~namespace/uuid~hostIp`, `gateway~namespace/uuid~hostIp`, `namespace/name`.
 * An id without a namespace is refused rather than put into `default`: a proxy with a mistyped id would quietly get another tenant's
 * services. The namespace of an id wins over metadata, which only names the service; a gateway's namespace comes from
 * `gateway.polarismesh.cn/serviceNamespace` when it is there, because Polaris gives gateways ids of the namespace they run in.
 * In the plain form the name is that of the service which the node stands for, unless metadata names another; routing rules ask for it.
 * Only a sidecar can be redirected.
 */
export const nodeFacts = ({ id = '', cluster = '', metadata = {}, userAgentName = '' }: NodeMessage): ParsedNode => {
  if (id === '') return refused('node.id is missing: the first request of a stream must name its node');
  const [, runType, idNamespace, name, hostIp] = ID.exec(id) ?? [];
  if (idNamespace === undefined || name === undefined) {
    return refused(
      `node.id ${JSON.stringify(id.slice(0, 200))} has none of the known forms: [sidecar~|gateway~]<namespace>/<uuid>~<host ip> or <namespace>/<name>`,
    );
  }
  const kind = runType === 'gateway' ? 'gateway' : 'sidecar';
  const listenerPort = portOf(metadata[LISTENER_PORT_KEY]);
  if (listenerPort === undefined) {
    return refused(
      `node.metadata["${LISTENER_PORT_KEY}"] must be a port from 1 to 65535, not ${JSON.stringify(metadata[LISTENER_PORT_KEY])?.slice(0, 200)}`,
    );
  }
  const own = (key: string): string => text(metadata[`${kind}.polarismesh.cn/${key}`]) || legacy(kind, key, metadata);
  const redirected = metadata[REDIRECTED_KEY];
  const facts: NodeFacts = {
    id,
    cluster,
    kind,
    namespace: (kind === 'gateway' && own('serviceNamespace')) || idNamespace,
    service: own('serviceName') || (runType === undefined && hostIp === undefined ? name : ''),
    passthrough: kind === 'sidecar' && (redirected === 'true' || redirected === true),
    listenerPort,
    userAgent: userAgentName,
  };
  return { ok: true, facts };
};

const text = (value: unknown): string => (typeof value === 'string' ? value : '');

/** The names that gateways used before the prefix: `gateway_namespace`, `gateway_service`. */
const legacy = (kind: NodeFacts['kind'], key: string, metadata: JsonObject): string => {
  if (kind !== 'gateway') return '';
  return text(metadata[key === 'serviceName' ? 'gateway_service' : 'gateway_namespace']);
};

const portOf = (value: unknown): number | undefined => {
  if (value === undefined) return DEFAULT_PORT;
  const port = typeof value === 'string' && /^\d{1,5}$/.test(value) ? Number(value) : value;
  return typeof port === 'number' && Number.isInteger(port) && port >= 1 && port <= 65_535 ? port : undefined;
};
