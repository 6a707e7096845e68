import { fromBinary } from '@bufbuild/protobuf';
import { status } from '@grpc/grpc-js';
import { envoy } from '@thuban/proto';
import { receiveDelta, receiveSotw, type AdsStream, type Mode, type Now, type Receipt } from '@thuban/xds-protocol';
import { observeConvergence, type XdsStats } from './stats.js';
import { plainRequest, repeatsNames, type LastNames, type PlainRequest } from './repeated-request.js';
import type { EndStatus } from './transport.js';
import { withoutField } from './without-field.js';

/** Why the stream cannot go on. */
export interface Outcome {
  readonly refused?: EndStatus;
  readonly exhausted?: string;
}

/** A stream that has named its node, and what it has named besides. */
export interface Known {
  readonly stream: AdsStream;
  readonly lastNames: LastNames;
}

/**
 * Decodes one request and takes it in. `known`: the stream, if this is not its first request; else `identify` makes it from
 * the node. Returns undefined when all is well. Never throws for what a client sends (S13).
 */
export function receive(
  mode: Mode,
  bytes: Buffer,
  now: Now,
  stats: XdsStats,
  known: Known | undefined,
  identify: (node: envoy.Node | undefined) => AdsStream | EndStatus,
): Outcome | undefined {
  if (known && mode === 'sotw') {
    const plain = plainRequest(bytes);
    if (!plain)
      known.lastNames.clear(); // its list may differ, and is not among those kept
    else if (repeatsNames(known.lastNames, plain)) return taken(receiveRepeated(known.stream, plain, now), stats);
  }
  const read = known ? withoutField(bytes, NODE_FIELD[mode]) : bytes; // R6: only the first one counts
  const request = mode === 'delta' ? decodeDelta(read) : decodeSotw(read);
  if (typeof request === 'string') return invalid(request);
  const stream = known?.stream ?? identify(request.node);
  if ('code' in stream) return { refused: stream };
  if (request.typeUrl === '') return invalid('type_url: empty; every request of an aggregated stream must carry it'); // R2
  return taken(isDelta(request) ? receiveDelta(stream, request, now) : receiveSotw(stream, request, now), stats);
}

const receiveRepeated = (stream: AdsStream, { typeUrl, responseNonce }: PlainRequest, now: Now): Receipt =>
  receiveSotw(stream, { typeUrl, responseNonce, resourceNames: undefined }, now);

function taken(receipt: Receipt, stats: XdsStats): Outcome | undefined {
  count(receipt, stats);
  return receipt.exhausted === undefined ? undefined : { exhausted: receipt.exhausted };
}

const NODE_FIELD = { delta: 1, sotw: 2 } as const;

const isDelta = (
  request: envoy.DiscoveryRequest | envoy.DeltaDiscoveryRequest,
): request is envoy.DeltaDiscoveryRequest => request.$typeName === envoy.DeltaDiscoveryRequestSchema.typeName;

const invalid = (details: string): Outcome => ({ refused: { code: status.INVALID_ARGUMENT, details } });

/** Unknown fields are not kept: they belong to newer protos and would stay in memory with the node. */
const READ = { readUnknownFields: false } as const;

/** The request, or what is wrong with the bytes. */
export const decodeSotw = (bytes: Buffer): envoy.DiscoveryRequest | string =>
  orText('DiscoveryRequest', () => fromBinary(envoy.DiscoveryRequestSchema, bytes, READ));

/** The request, or what is wrong with the bytes. */
export const decodeDelta = (bytes: Buffer): envoy.DeltaDiscoveryRequest | string =>
  orText('DeltaDiscoveryRequest', () => fromBinary(envoy.DeltaDiscoveryRequestSchema, bytes, READ));

function orText<R>(message: string, read: () => R): R | string {
  try {
    return read();
  } catch (cause) {
    return `not a ${message}: ${cause instanceof Error ? cause.message : String(cause)}`;
  }
}

/** R7: a stream without a node is nobody's. */
export const refuseWithoutNode = (node: envoy.Node | undefined): EndStatus | undefined => {
  if (!node)
    return { code: status.INVALID_ARGUMENT, details: 'node: missing; the first request of a stream must carry it' };
  return node.id === '' ? { code: status.INVALID_ARGUMENT, details: 'node.id: empty' } : undefined;
};

function count({ type, verdict, convergedMs }: Receipt, stats: XdsStats): void {
  stats.requests[verdict]++;
  if (!type) stats.requestsUnknownType++;
  else if (verdict === 'NACK') stats.nacks[type]++;
  if (convergedMs !== undefined) observeConvergence(stats, convergedMs);
}
