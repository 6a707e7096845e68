import { fromBinary } from '@bufbuild/protobuf';
import { polaris } from '@thuban/proto';
import type { RegistryState } from '@thuban/registry-domain';
import { type Asked, type DiscoverAnswer, partBytes, refusedAnswer } from './answer-bytes.js';
import { CODE, type Refusal } from './codes.js';
import { createInstanceAnswers } from './instance-answers.js';
import { createListingAnswers } from './listing-answers.js';
import { createRuleAnswers, isRuleType, type RoutingSource } from './rule-answers.js';

const Type = polaris.DiscoverRequest_DiscoverRequestType;
const Direction = polaris.TrafficDirection;
const CALLER = partBytes({ Direction: Direction.Caller });

/** The direction comes last in an answer, so that those without one serve for all. Callee is 0, which is not on the wire. */
const directed = (direction: polaris.TrafficDirection): Buffer =>
  direction === Direction.Caller ? CALLER : partBytes({ Direction: direction });

const withDirection = (answer: DiscoverAnswer, direction: polaris.TrafficDirection): DiscoverAnswer =>
  direction === Direction.Callee ? answer : { ...answer, bytes: Buffer.concat([answer.bytes, directed(direction)]) };

const askedBy = ({ type, service }: polaris.DiscoverRequest): Asked => ({
  type,
  namespace: service?.namespace ?? '',
  name: service?.name ?? '',
});

/** A refusal with the names, the type and the direction of the request, so that the client knows which question it answers. */
export const refusedRequest = (request: polaris.DiscoverRequest, refusal: Refusal): DiscoverAnswer =>
  withDirection(refusedAnswer(askedBy(request), refusal), request.Direction);

const BYTES_MAX = 128 * 1024 * 1024;

export interface DiscoverAnswersOptions {
  /** The committed fold: nothing that is not durable is ever shown. */
  readonly state: RegistryState;
  /** The id of the registry log, part of every revision. */
  readonly logId: string;
  /** How many bytes of encoded answers are kept at most; 128 MiB when absent. */
  readonly bytesMax?: number;
  /** Where the routing of services comes from; absent: no service has any. */
  readonly routing?: RoutingSource;
}

/** Answers DiscoverRequests from encoded bytes. Pure but for its memory of bytes. */
export interface DiscoverAnswers {
  /** Exactly one answer, with the names, the type and the direction of the request. */
  answer(request: polaris.DiscoverRequest): DiscoverAnswer;
  /** What is kept. `bytes` includes an estimate of what the bytes cost beside themselves. */
  stats(): { readonly entries: number; readonly bytes: number };
}

/**
 * Decodes a DiscoverRequest.
 * @throws Error when the bytes are no such message.
 */
export const decodeDiscoverRequest = (bytes: Uint8Array): polaris.DiscoverRequest =>
  fromBinary(polaris.DiscoverRequestSchema, bytes, { readUnknownFields: false });

/** Every discover type that SDKs ask for; anything else is refused under the number it was asked with. */
export const createDiscoverAnswers = ({
  state,
  logId,
  bytesMax = BYTES_MAX,
  routing,
}: DiscoverAnswersOptions): DiscoverAnswers => {
  const source = { state, logId };
  const instances = createInstanceAnswers({ ...source, bytesMax: (bytesMax * 6) / 8 });
  const listings = createListingAnswers({ ...source, bytesMax: bytesMax / 8 });
  const rules = createRuleAnswers({ ...source, bytesMax: bytesMax / 8, ...(routing && { routing }) });

  const undirected = (request: polaris.DiscoverRequest): DiscoverAnswer => {
    const { type, service } = request;
    const asked = askedBy(request);
    const revision = service?.revision ?? '';
    if (type === Type.INSTANCE) return instances.answer(asked, revision);
    if (isRuleType(type)) return rules.answer(asked, revision);
    if (type === Type.NAMESPACES) return listings.namespaces(asked, revision);
    if (type === Type.SERVICES) {
      const filter = { business: service?.business ?? '', metadata: service?.metadata ?? {} };
      return listings.services(asked, filter, revision);
    }
    return refusedAnswer(asked, { code: CODE.INVALID_DISCOVER_TYPE, info: `discover type ${type} is not served` });
  };

  return {
    answer: (request) => withDirection(undirected(request), request.Direction),
    stats: () => {
      const all = [instances.stats(), listings.stats(), rules.stats()];
      return {
        entries: all.reduce((sum, { entries }) => sum + entries, 0),
        bytes: all.reduce((sum, { bytes }) => sum + bytes, 0),
      };
    },
  };
};
