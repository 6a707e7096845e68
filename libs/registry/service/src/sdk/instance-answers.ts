import { findAlias, findService, type RegistryState, type ServiceEntry } from '@thuban/registry-domain';
import {
  type Asked,
  type DiscoverAnswer,
  echo,
  NAME_MISSING,
  partBytes,
  refusedAnswer,
  VersionedAnswer,
} from './answer-bytes.js';
import { type BoundedCache, boundedCache } from './bounded-cache.js';
import { CODE, INFO } from './codes.js';
import { framed, type InstanceFrames, NO_FRAMES } from './instance-frames.js';
import { serviceMessage } from './messages.js';
import { serviceRevision } from './revision.js';

/** Where answers come from and how much memory may be used to keep them. */
export interface AnswerSource {
  readonly state: RegistryState;
  /** The id of the registry log. */
  readonly logId: string;
  readonly bytesMax: number;
}

/** The answers about the instances of one service under one of its names, with the fold that they were made from. */
interface Kept {
  readonly target: ServiceEntry;
  readonly frames: InstanceFrames;
  readonly answer: VersionedAnswer;
  readonly byteLength: number;
}

/** What a client that leaves the namespace out means. */
export const NAMESPACE_DEFAULT = 'default';

// An offset and a slot of the list.
const INSTANCE_OVERHEAD = 12;

/**
 * Answers questions for the instances of a service. The bytes are made at the first question after a change and serve until the next one;
 * a service that does not exist leaves nothing behind.
 */
export const createInstanceAnswers = (source: AnswerSource) => {
  const { state } = source;
  const kept: BoundedCache<Kept> = boundedCache(source.bytesMax);

  /** One level of alias; the service itself comes first. */
  const targetOf = (namespace: string, name: string): ServiceEntry | undefined => {
    const service = findService(state, namespace, name);
    if (service) return service;
    const alias = findAlias(state, namespace, name)?.alias;
    return alias && findService(state, alias.targetNamespace, alias.targetService);
  };

  const answer = (asked: Asked, clientRevision: string): DiscoverAnswer => {
    if (asked.name === '') return refusedAnswer(asked, NAME_MISSING);
    const key = `${asked.namespace}\n${asked.name}`;
    const target = targetOf(asked.namespace || NAMESPACE_DEFAULT, asked.name);
    if (!target) {
      kept.drop(key);
      const info = `service "${asked.namespace || NAMESPACE_DEFAULT}/${asked.name}" does not exist`;
      return refusedAnswer(asked, { code: CODE.NOT_FOUND, info });
    }
    const known = kept.get(key);
    if (known && isCurrent(known, target)) return known.answer.for(clientRevision);
    const made = makeAnswer(source, asked, target, known?.frames ?? NO_FRAMES);
    kept.put(key, made);
    return made.answer.for(clientRevision);
  };

  return { answer, stats: kept.stats };
};

/** Entries are replaced when anything changes, but not everything (an alias more) touches the service. */
const isCurrent = ({ target }: Kept, now: ServiceEntry): boolean =>
  target === now ||
  (target.touchedSeq === now.touchedSeq &&
    target.service.name === now.service.name &&
    target.service.namespace === now.service.namespace);

const makeAnswer = (
  { state, logId }: AnswerSource,
  asked: Asked,
  target: ServiceEntry,
  previous: InstanceFrames,
): Kept => {
  const { namespace, name } = target.service;
  const revision = serviceRevision(logId, { namespace, name, touchedSeq: target.touchedSeq, healthSeq: 0 });
  const service = serviceMessage(target, echo(asked), revision);
  const head = partBytes({ code: CODE.SUCCESS, info: INFO.SUCCESS, type: asked.type, service });
  const isAlias = name !== asked.name || namespace !== (asked.namespace || NAMESPACE_DEFAULT);
  const tail = partBytes(isAlias ? { aliasFor: { namespace, name } } : {});
  const { whole, frames } = framed(logId, previous, state.instances(namespace, name), { head, tail });
  const answer = new VersionedAnswer(asked, revision, whole);
  return { target, frames, answer, byteLength: answer.byteLength + frames.entries.length * INSTANCE_OVERHEAD };
};
