/**
 * Protobuf written by hand, for the messages that are made by the ten thousand: an endpoint costs about a microsecond here and
 * twenty as a message object. Written **backwards** into one scratch buffer, so that a length is known when its prefix is due:
 * put the last field first, then `wrap` what was written since a mark.
 */
export interface Wire {
  /** How much has been written: a mark for {@link Wire.wrap}. */
  mark(): number;
  /** A string field (or bytes that are UTF-8). Proto3 leaves out empty strings: so does this. */
  string(field: number, value: string): void;
  /** A varint field, left out when 0; `value` is an integer up to 2^53. */
  uint(field: number, value: number): void;
  /** A field of bytes as they are; empty bytes are written (an empty message that is present). */
  bytes(field: number, value: Uint8Array): void;
  /** Bytes without tag and length: finished fields. */
  raw(value: Uint8Array): void;
  /** Tag and length of a field whose content comes from elsewhere. */
  header(field: number, length: number): void;
  /** Makes everything since the mark the content of a message field. */
  wrap(field: number, mark: number): void;
  /** A copy of what was written, with `headroom` unused bytes in front of it; the scratch is empty again. */
  take(headroom?: number): Buffer;
}

const LENGTH_DELIMITED = 2;

/** How many bytes a varint takes. `value` is an integer from 0 to 2^53. */
export const varintLength = (value: number): number => {
  let length = 1;
  for (let rest = value; rest >= 0x80; rest = Math.floor(rest / 0x80)) length++;
  return length;
};

/** Writes a varint at `offset` and returns the offset behind it. */
export const writeVarint = (target: Buffer, value: number, offset: number): number => {
  let rest = value;
  let at = offset;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) target[at++] = (rest % 0x80) | 0x80;
  target[at] = rest;
  return at + 1;
};

/** A writer with a scratch buffer of its own, to be used again and again. */
export const createWire = (): Wire => {
  let scratch = Buffer.allocUnsafeSlow(16 * 1024);
  let start = scratch.length;

  const reserve = (size: number): void => {
    if (start >= size) return;
    const used = scratch.length - start;
    const larger = Buffer.allocUnsafeSlow(Math.max(scratch.length * 2, used + size));
    scratch.copy(larger, larger.length - used, start);
    start = larger.length - used;
    scratch = larger;
  };
  const varint = (value: number): void => {
    const length = varintLength(value);
    reserve(length);
    start -= length;
    writeVarint(scratch, value, start);
  };
  const raw = (value: Uint8Array): void => {
    reserve(value.length);
    start -= value.length;
    scratch.set(value, start);
  };
  const header = (field: number, length: number): void => {
    varint(length);
    varint(field * 8 + LENGTH_DELIMITED);
  };

  const wire: Wire = {
    mark: () => scratch.length - start,
    string: (field, value) => {
      if (value === '') return;
      const length = Buffer.byteLength(value);
      reserve(length);
      start -= length;
      scratch.write(value, start, length, 'utf8');
      header(field, length);
    },
    uint: (field, value) => {
      if (value === 0) return;
      varint(value);
      varint(field * 8);
    },
    bytes: (field, value) => {
      raw(value);
      header(field, value.length);
    },
    raw,
    header,
    wrap: (field, mark) => header(field, wire.mark() - mark),
    take: (headroom = 0) => {
      const taken = Buffer.allocUnsafe(headroom + scratch.length - start);
      scratch.copy(taken, headroom, start);
      start = scratch.length;
      return taken;
    },
  };
  return wire;
};
