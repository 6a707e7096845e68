import { hash } from 'node:crypto';

/** The first 16 hex digits of the SHA-256 of the parts. */
export const shortHash = (...parts: readonly (string | number)[]): string =>
  hash('sha256', parts.join('\n'), 'hex').slice(0, 16);

/** What the revision of a service is made of. */
export interface ServiceTouch {
  readonly namespace: string;
  readonly name: string;
  /** The newest seq of the registry log that touched the service or one of its instances. */
  readonly touchedSeq: number;
  /** The newest seq of the health log that did; 0 for none. */
  readonly healthSeq: number;
}

/**
 * The revision of a service. O(1) per change and equal on every replica. SDKs keep revisions on disk: with the log's id in it, one made
 * before a wipe never equals one made after it.
 */
export const serviceRevision = (logId: string, { namespace, name, touchedSeq, healthSeq }: ServiceTouch): string =>
  shortHash(logId, namespace, name, touchedSeq, healthSeq);
