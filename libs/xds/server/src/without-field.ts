/**
 * A protobuf message without one of its top-level length-delimited fields, found by walking over tags and lengths.
 * Bytes that are no message come back as they are, for the decoder to refuse.
 *
 * Envoy repeats its node, with hundreds of extensions in it, in every request unless told otherwise; decoding it again
 * costs a hundred times what the rest of an ACK costs.
 */
export function withoutField(bytes: Buffer, field: number): Buffer {
  const kept: Buffer[] = [];
  let [at, keptUpTo] = [0, 0];
  while (at < bytes.length) {
    const end = fieldEnd(bytes, at);
    if (end === undefined) return bytes;
    if (varintAt(bytes, at).value === ((field << 3) | LENGTH_DELIMITED)) {
      kept.push(bytes.subarray(keptUpTo, at));
      keptUpTo = end;
    }
    at = end;
  }
  if (keptUpTo === 0) return bytes;
  kept.push(bytes.subarray(keptUpTo));
  const rest = kept.filter(({ length }) => length > 0);
  return rest.length === 1 ? (rest[0] as Buffer) : Buffer.concat(rest);
}

const LENGTH_DELIMITED = 2;

/** Where the field that starts at `at` ends; undefined: not a field. */
function fieldEnd(bytes: Buffer, at: number): number | undefined {
  const tag = varintAt(bytes, at);
  const end = valueEnd(bytes, tag.value & 7, tag.end);
  return tag.end > at && end !== undefined && end <= bytes.length ? end : undefined;
}

function valueEnd(bytes: Buffer, wireType: number, at: number): number | undefined {
  if (wireType === 0) return varintAt(bytes, at).end;
  if (wireType === 1) return at + 8;
  if (wireType === 5) return at + 4;
  if (wireType !== LENGTH_DELIMITED) return undefined;
  const length = varintAt(bytes, at);
  return length.end + length.value;
}

/** A varint of at most ten bytes; past the end of the message when it is cut off. */
function varintAt(bytes: Buffer, at: number): { readonly value: number; readonly end: number } {
  let [value, factor] = [0, 1];
  for (let i = at; i < bytes.length && i < at + 10; i++, factor *= 128) {
    const byte = bytes[i] as number;
    value += (byte & 0x7f) * factor;
    if (byte < 0x80) return { value, end: i + 1 };
  }
  return { value: 0, end: bytes.length + 1 };
}
