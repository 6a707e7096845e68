import { fromBinary } from '@bufbuild/protobuf';
import { polaris } from '@thuban/proto';
import type { RegistryState } from '@thuban/registry-domain';
import { type Asked, type DiscoverAnswer, partBytes, refusedAnswer } from './answer-bytes.js';
import { CODE } from './codes.js';
import { createInstanceAnswers } from './instance-answers.js';
import { createListingAnswers } from './listing-answers.js';
import { createRuleAnswers, isRuleType } from './rule-answers.js';

const Type = polaris.DiscoverRequest_DiscoverRequestType;
const BYTES_MAX = 128 * 1024 * 1024;

export interface DiscoverAnswersOptions {
  /** The committed fold: nothing that is not durable is ever shown. */
  readonly state: RegistryState;
  /** The id of the registry log, part of every revision. */
  readonly logId: string;
  /** How many bytes of encoded answers are kept at most; 128 MiB when absent. */
  readonly bytesMax?: number;
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
}: DiscoverAnswersOptions): DiscoverAnswers => {
  const source = { state, logId, bytesMax };
  const instances = createInstanceAnswers(source);
  const listings = createListingAnswers({ ...source, bytesMax: bytesMax / 4 });
  const rules = createRuleAnswers(logId);

  const undirected = ({ type, service }: polaris.DiscoverRequest): DiscoverAnswer => {
    const asked: Asked = { type, namespace: service?.namespace ?? '', name: service?.name ?? '' };
    const revision = service?.revision ?? '';
    if (type === Type.INSTANCE) return instances.answer(asked, revision);
    if (isRuleType(type)) return rules(asked, revision);
    if (type === Type.NAMESPACES) return listings.namespaces(asked, revision);
    if (type === Type.SERVICES) {
      const filter = { business: service?.business ?? '', metadata: service?.metadata ?? {} };
      return listings.services(asked, filter, revision);
    }
    return refusedAnswer(asked, { code: CODE.INVALID_DISCOVER_TYPE, info: `discover type ${type} is not served` });
  };

  return {
    answer: (request) => {
      const answer = undirected(request);
      if (request.Direction === polaris.TrafficDirection.Callee) return answer;
      return { ...answer, bytes: Buffer.concat([answer.bytes, partBytes({ Direction: request.Direction })]) };
    },
    stats: () => {
      const [a, b] = [instances.stats(), listings.stats()];
      return { entries: a.entries + b.entries, bytes: a.bytes + b.bytes };
    },
  };
};
