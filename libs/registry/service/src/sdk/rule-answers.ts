import { polaris } from '@thuban/proto';
import { findAlias, findService } from '@thuban/registry-domain';
import {
  type Asked,
  type DiscoverAnswer,
  echo,
  NAME_MISSING,
  partBytes,
  refusedAnswer,
  unchangedAnswer,
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

/** Where the routing of services comes from. The names are those of a service, never of an alias. */
export interface RoutingSource {
  /** The newest seq of its log that may have changed the routing of the service; 0: nothing ever did. */
  touchedSeq(namespace: string, service: string): number;
  /** Equal revisions mean equal routing. */
  revision(namespace: string, service: string): string;
  /** The field `routing` of a DiscoverResponse, encoded, with that revision in it. */
  bytes(namespace: string, service: string): Buffer;
}

export interface RuleAnswersOptions extends AnswerSource {
  /** Absent: no service has routing. */
  readonly routing?: RoutingSource;
}

/** A service, and how far its routing is; 0: no rule was ever about it, as with every other type of rules. */
interface Subject {
  readonly namespace: string;
  readonly service: string;
  readonly touchedSeq: number;
}

/** An answer and what it was made of. */
interface Kept {
  readonly answer: VersionedAnswer;
  readonly subject: Subject;
  readonly byteLength: number;
}

const sameSubject = (a: Subject, b: Subject): boolean =>
  a.touchedSeq === b.touchedSeq && a.service === b.service && a.namespace === b.namespace;

/**
 * Answers questions for rules: routing from its source, everything else with success and an empty rule set, for services that do not exist
 * too. All empty sets are equal, so they share one revision. Only answers about services that exist are kept.
 */
export const createRuleAnswers = ({ state, logId, bytesMax, routing }: RuleAnswersOptions) => {
  const emptyRevision = shortHash(logId, 'no rules');
  const kept = boundedCache<Kept>(bytesMax);

  /** A name may be an alias; rules are about the service behind it. */
  const subjectOf = ({ type, namespace, name }: Asked): Subject & { readonly exists: boolean } => {
    const inNamespace = namespace || NAMESPACE_DEFAULT;
    const exists = findService(state, inNamespace, name) !== undefined;
    const alias = exists ? undefined : findAlias(state, inNamespace, name)?.alias;
    const names = { namespace: alias?.targetNamespace ?? inNamespace, service: alias?.targetService ?? name };
    const touchedSeq = type === Type.ROUTING ? (routing?.touchedSeq(names.namespace, names.service) ?? 0) : 0;
    return { ...names, touchedSeq, exists: exists || alias !== undefined };
  };

  const revisionOf = ({ namespace, service, touchedSeq }: Subject): string =>
    touchedSeq > 0 && routing ? routing.revision(namespace, service) : emptyRevision;

  const made = (asked: Asked, { namespace, service, touchedSeq }: Subject, revision: string): VersionedAnswer => {
    const head = { code: CODE.SUCCESS, info: INFO.SUCCESS, type: asked.type, service: { ...echo(asked), revision } };
    const bytes =
      touchedSeq > 0 && routing
        ? Buffer.concat([partBytes(head), routing.bytes(namespace, service)])
        : partBytes({ ...head, ...emptyRules(asked, revision) });
    return new VersionedAnswer(asked, revision, bytes);
  };

  const answer = (asked: Asked, clientRevision: string): DiscoverAnswer => {
    if (asked.name === '') return refusedAnswer(asked, NAME_MISSING);
    const { exists, ...subject } = subjectOf(asked);
    const key = `${asked.type}\n${asked.namespace}\n${asked.name}`;
    const known = kept.get(key);
    if (known && sameSubject(known.subject, subject)) return known.answer.for(clientRevision);
    const revision = revisionOf(subject);
    // Most of those who ask for a service that nobody registered are its own processes, again and again: spare them the making.
    if (!exists && clientRevision === revision) return unchangedAnswer(asked, revision);
    const fresh = made(asked, subject, revision);
    if (exists) kept.put(key, { answer: fresh, subject, byteLength: fresh.byteLength });
    return fresh.for(clientRevision);
  };

  return { answer, stats: kept.stats };
};
