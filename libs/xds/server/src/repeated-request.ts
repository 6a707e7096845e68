import { fieldsOf } from './without-field.js';

/** A DiscoveryRequest taken apart as far as an ACK needs it. */
export interface PlainRequest {
  readonly typeUrl: string;
  readonly responseNonce: string;
  /** The bytes of all `resource_names`, which stand together. */
  readonly names: Buffer;
}

const [VERSION_INFO, NODE, RESOURCE_NAMES, TYPE_URL, RESPONSE_NONCE] = [1, 2, 3, 4, 5];

/**
 * A SotW client repeats its whole list in every ACK, and decoding hundreds of names to find that they are the same costs
 * more than all the rest. This finds the bytes of the list without decoding it. Undefined: not a plain ACK or first
 * request (an error, an unknown field, names in several places); decode it.
 */
export function plainRequest(bytes: Buffer): PlainRequest | undefined {
  let [typeUrl, responseNonce, names] = ['', '', bytes.subarray(0, 0)];
  let [namesFrom, namesTo] = [-1, -1];
  for (const { field, start, from, end } of fieldsOf(bytes) ?? [UNKNOWN]) {
    if (field === TYPE_URL) typeUrl = bytes.toString('utf8', from, end);
    else if (field === RESPONSE_NONCE) responseNonce = bytes.toString('utf8', from, end);
    else if (field === RESOURCE_NAMES) {
      if (namesTo >= 0 && namesTo !== start) return undefined;
      if (namesFrom < 0) namesFrom = start;
      namesTo = end;
    } else if (field !== VERSION_INFO && field !== NODE) return undefined;
  }
  if (namesFrom >= 0) names = bytes.subarray(namesFrom, namesTo);
  return { typeUrl, responseNonce, names };
}

const UNKNOWN = { field: 0, start: 0, from: 0, end: 0 };

/** Lists longer than this are not kept for comparison: they are decoded each time. */
export const KEPT_NAMES_BYTES_MAX = 16 * 1024;

/** The list of the last request of each type, as bytes. */
export type LastNames = Map<string, Buffer>;

/** Whether the request names exactly what the last one of its type named. Remembers what it names. */
export function repeatsNames(last: LastNames, { typeUrl, names }: PlainRequest): boolean {
  const before = last.get(typeUrl);
  if (before?.equals(names)) return true;
  last.delete(typeUrl);
  if (names.length <= KEPT_NAMES_BYTES_MAX && last.size < TYPES_MAX) last.set(typeUrl, Buffer.from(names));
  return false;
}

/** There are four types; a client that invents more does not make the server keep them. */
const TYPES_MAX = 8;
