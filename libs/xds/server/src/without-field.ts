/**
 * A protobuf message without one of its top-level length-delimited fields, found by walking over tags and lengths.
 * Bytes that are no message come back as they are, for the decoder to refuse.
 *
 * Envoy repeats its node, with hundreds of extensions in it, in every request unless told otherwise; decoding it again
 * costs a hundred times what the rest of an ACK costs.
 */
export function withoutField(bytes: Buffer, field: number): Buffer {
  const fields = fieldsOf(bytes);
  if (!fields?.some((found) => found.field === field)) return bytes;
  const rest = fields.filter((found) => found.field !== field).map(({ start, end }) => bytes.subarray(start, end));
  return rest.length === 1 ? (rest[0] as Buffer) : Buffer.concat(rest);
}

/** A top-level field: its tag is at `start`, its value (without a length) from `from` to `end`. */
export interface Field {
  readonly field: number;
  readonly start: number;
  readonly from: number;
  readonly end: number;
}

/** The fields of a message, those that are not length-delimited as number 0. Undefined: not a message. */
export function fieldsOf(bytes: Buffer): Field[] | undefined {
  const fields: Field[] = [];
  for (let at = 0; at < bytes.length;) {
    const tag = varintAt(bytes, at);
    const wireType = tag.value & 7;
    const from = wireType === LENGTH_DELIMITED ? varintAt(bytes, tag.end).end : tag.end;
    const end = valueEnd(bytes, wireType, tag.end);
    if (end === undefined || end > bytes.length) return undefined;
    fields.push({ field: wireType === LENGTH_DELIMITED ? tag.value >>> 3 : 0, start: at, from, end });
    at = end;
  }
  return fields;
}

const LENGTH_DELIMITED = 2;

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
