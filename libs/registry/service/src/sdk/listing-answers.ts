import type { NamespaceEntry, RegistryState, ServiceEntry } from '@thuban/registry-domain';
import { type AnswerPart, type Asked, type DiscoverAnswer, echo, partBytes, VersionedAnswer } from './answer-bytes.js';
import { type BoundedCache, boundedCache } from './bounded-cache.js';
import { CODE, INFO } from './codes.js';
import type { AnswerSource } from './instance-answers.js';
import { listedService } from './messages.js';
import { shortHash } from './revision.js';

/** Which services a client wants listed; "" and no pairs mean any. */
export interface ServiceFilter {
  readonly business: string;
  readonly metadata: Readonly<Record<string, string>>;
}

/** A list, the values of it that were chosen and the answer. */
interface Kept {
  readonly listing: readonly unknown[];
  readonly values: readonly object[];
  readonly answer: VersionedAnswer;
  readonly byteLength: number;
}

const sameValues = (a: readonly object[], b: readonly object[]): boolean =>
  a.length === b.length && a.every((value, i) => value === b[i]);

/** The revision of a list is a hash of what it says. */
const listAnswer = (logId: string, asked: Asked, part: AnswerPart): VersionedAnswer => {
  const items = partBytes(part);
  const revision = shortHash(logId, items.toString('base64'));
  const head = { code: CODE.SUCCESS, info: INFO.SUCCESS, type: asked.type, service: { ...echo(asked), revision } };
  return new VersionedAnswer(asked, revision, Buffer.concat([partBytes(head), items]));
};

/**
 * Answers questions for the services of a namespace ("" means of all) and for the namespaces. Instances come and go all the time without
 * changing what a list says, so a kept list is compared with the descriptions, not encoded again.
 */
export const createListingAnswers = ({ state, logId, bytesMax }: AnswerSource) => {
  const kept: BoundedCache<Kept> = boundedCache(bytesMax);

  const listed = <E>(
    key: string,
    asked: Asked,
    listing: readonly E[],
    chosen: () => readonly E[],
    valueOf: (entry: E) => object,
    partOf: (entries: readonly E[]) => AnswerPart,
  ): VersionedAnswer => {
    const known = kept.get(key);
    if (known?.listing === listing) return known.answer;
    const entries = chosen();
    const values = entries.map(valueOf);
    const answer = known && sameValues(known.values, values) ? known.answer : listAnswer(logId, asked, partOf(entries));
    kept.put(key, { listing, values, answer, byteLength: answer.byteLength + 16 * values.length });
    return answer;
  };

  const services = (asked: Asked, filter: ServiceFilter, clientRevision: string): DiscoverAnswer => {
    const all = servicesOf(state, asked.namespace);
    const part = (entries: readonly ServiceEntry[]): AnswerPart => ({
      services: entries.map(({ service }) => listedService(service)),
    });
    const key = `s\n${asked.namespace}${keyOf(filter)}`;
    const chosen = (): readonly ServiceEntry[] => (isFiltered(filter) ? all.filter((e) => matches(e, filter)) : all);
    // A namespace without services leaves nothing behind, nor does a question with a name, which is echoed, or a long one.
    if (all.length === 0 || asked.name !== '' || key.length > KEY_CHARS_MAX)
      return listAnswer(logId, asked, part(chosen())).for(clientRevision);
    return listed(key, asked, all, chosen, ({ service }) => service, part).for(clientRevision);
  };

  const namespaces = (asked: Asked, clientRevision: string): DiscoverAnswer => {
    const part = (entries: readonly NamespaceEntry[]): AnswerPart => ({
      namespaces: entries.map(({ namespace: { name, comment, owners, metadata } }) => ({
        name,
        comment,
        owners,
        metadata: { ...metadata },
      })),
    });
    const all = state.namespaces();
    if (asked.name !== '' || asked.namespace !== '') return listAnswer(logId, asked, part(all)).for(clientRevision);
    return listed(
      'n',
      asked,
      all,
      () => all,
      ({ namespace }) => namespace,
      part,
    ).for(clientRevision);
  };

  return { services, namespaces, stats: kept.stats };
};

const servicesOf = (state: RegistryState, namespace: string): readonly ServiceEntry[] =>
  namespace === '' ? state.services() : state.services(namespace);

/** Questions that are longer are answered, but not kept. */
const KEY_CHARS_MAX = 1024;

const isFiltered = ({ business, metadata }: ServiceFilter): boolean =>
  business !== '' || Object.keys(metadata).length > 0;

const keyOf = (filter: ServiceFilter): string =>
  isFiltered(filter) ? `\n${JSON.stringify([filter.business, Object.entries(filter.metadata).sort()])}` : '';

const matches = ({ service }: ServiceEntry, { business, metadata }: ServiceFilter): boolean =>
  (business === '' || service.business === business) &&
  Object.entries(metadata).every(([key, value]) => service.metadata[key] === value);
