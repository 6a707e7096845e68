import { polaris } from '@thuban/proto';
import { findService } from '@thuban/registry-domain';
import {
  type Asked,
  type DiscoverAnswer,
  echo,
  NAME_MISSING,
  partBytes,
  refusedAnswer,
  VersionedAnswer,
} from './answer-bytes.js';
import { boundedCache } from './bounded-cache.js';
import { CODE, INFO } from './codes.js';
import { type AnswerSource, NAMESPACE_DEFAULT } from './instance-answers.js';
import { shortHash } from './revision.js';

const Type = polaris.DiscoverRequest_DiscoverRequestType;

/** The rule types that SDKs ask for. TRAFFIC_MIRRORING and FAULT_INJECTION are known to the newest specification only. */
const RULE_TYPES: ReadonlySet<number> = new Set([
  Type.ROUTING,
  Type.RATE_LIMIT,
  Type.CIRCUIT_BREAKER,
  Type.FAULT_DETECTOR,
  Type.LANE,
  Type.CUSTOM_ROUTE_RULE,
  Type.NEARBY_ROUTE_RULE,
  Type.LOSSLESS,
  Type.BLOCK_ALLOW_RULE,
  Type.TRAFFIC_MIRRORING,
  Type.FAULT_INJECTION,
]);

/** Whether this is a type of rules. */
export const isRuleType = (type: number): boolean => RULE_TYPES.has(type);

/** The rule object of the types that have one; it carries the revision once more, because SDKs send back the one or the other. */
const emptyRules = (asked: Asked, revision: string) => {
  switch (asked.type) {
    case Type.ROUTING:
      return { routing: { service: asked.name, namespace: asked.namespace, revision } };
    case Type.RATE_LIMIT:
      return { rateLimit: { revision } };
    case Type.CIRCUIT_BREAKER:
      return { circuitBreaker: { revision } };
    case Type.FAULT_DETECTOR:
      return { faultDetector: { revision } };
    default:
      return {};
  }
};

/**
 * Answers questions for rules while there are none: success with an empty rule set, for services that do not exist too. All empty sets are
 * equal, so they share one revision. Only answers about services that exist are kept.
 */
export const createRuleAnswers = ({ state, logId, bytesMax }: AnswerSource) => {
  const revision = shortHash(logId, 'no rules');
  const kept = boundedCache<VersionedAnswer>(bytesMax);

  const made = (asked: Asked): VersionedAnswer => {
    const service = { ...echo(asked), revision };
    const part = { code: CODE.SUCCESS, info: INFO.SUCCESS, type: asked.type, service, ...emptyRules(asked, revision) };
    return new VersionedAnswer(asked, revision, partBytes(part));
  };

  const answer = (asked: Asked, clientRevision: string): DiscoverAnswer => {
    if (asked.name === '') return refusedAnswer(asked, NAME_MISSING);
    const key = `${asked.type}\n${asked.namespace}\n${asked.name}`;
    const known = kept.get(key);
    if (known) return known.for(clientRevision);
    const fresh = made(asked);
    if (findService(state, asked.namespace || NAMESPACE_DEFAULT, asked.name)) kept.put(key, fresh);
    return fresh.for(clientRevision);
  };

  return { answer, stats: kept.stats };
};
