import { create, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import { polaris } from '@thuban/proto';
import { CODE, INFO, type Refusal } from './codes.js';

/** Some fields of a DiscoverResponse. */
export type AnswerPart = MessageInitShape<typeof polaris.DiscoverResponseSchema>;

/**
 * Encodes some fields of a DiscoverResponse. Protobuf reads concatenated parts as one message, so an answer is put together from parts
 * that were encoded when what they say changed.
 */
export const partBytes = (part: AnswerPart): Buffer => {
  const bytes = toBinary(polaris.DiscoverResponseSchema, create(polaris.DiscoverResponseSchema, part));
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
};

/** What a request asks about, as it asked. */
export interface Asked {
  readonly type: number;
  readonly namespace: string;
  readonly name: string;
}

/** The names to echo: a wrapper that the client left out stays out. */
export const echo = ({ namespace, name }: Asked): { namespace?: string; name?: string } => ({
  ...(namespace !== '' && { namespace }),
  ...(name !== '' && { name }),
});

/** `unchanged`: the client's revision is the newest; `changed`: the answer carries data; `refused`: neither. */
export type Outcome = 'changed' | 'unchanged' | 'refused';

/** One encoded DiscoverResponse and what it says. */
export interface DiscoverAnswer {
  readonly bytes: Buffer;
  readonly code: number;
  readonly outcome: Outcome;
}

/** Answers without data. The revision is left out: a client that got its own back would believe that it is up to date. */
export const refusedAnswer = (asked: Asked, { code, info }: Refusal): DiscoverAnswer => ({
  bytes: partBytes({ code, info, type: asked.type, service: echo(asked) }),
  code,
  outcome: 'refused',
});

/** The refusal of a question about a service that does not say which. */
export const NAME_MISSING: Refusal = { code: 400120, info: 'service.name must not be empty' };

/** The short answer for a client that has the newest. */
export const unchangedAnswer = (asked: Asked, revision: string): DiscoverAnswer => ({
  bytes: partBytes({
    code: CODE.NO_CHANGE,
    info: INFO.NO_CHANGE,
    type: asked.type,
    service: { ...echo(asked), revision },
  }),
  code: CODE.NO_CHANGE,
  outcome: 'unchanged',
});

// The objects and names around the bytes, and the short answer for those who have the newest.
const ANSWER_OVERHEAD = 1024;

/** An answer with data: its bytes for every revision that is not this one, and those for this one, made when first needed. */
export class VersionedAnswer {
  #unchanged: DiscoverAnswer | undefined;
  readonly #full: DiscoverAnswer;

  constructor(
    readonly asked: Asked,
    readonly revision: string,
    bytes: Buffer,
  ) {
    this.#full = { bytes, code: CODE.SUCCESS, outcome: 'changed' };
  }

  /** Only a revision that is there and equal means that nothing has changed. */
  for(clientRevision: string): DiscoverAnswer {
    if (clientRevision === '' || clientRevision !== this.revision) return this.#full;
    return (this.#unchanged ??= unchangedAnswer(this.asked, this.revision));
  }

  /** An estimate of the memory it takes. */
  get byteLength(): number {
    return this.#full.bytes.length + ANSWER_OVERHEAD;
  }
}
