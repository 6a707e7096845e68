// Protobuf fields may come in any order and repeated ones concatenate, so a response is put together from frames that were
// encoded once per change. Only strings and nested messages are needed: wire type 2.

const varint = (value: number): number[] => {
  const bytes: number[] = [];
  let rest = value;
  while (rest > 0x7f) {
    bytes.push((rest & 0x7f) | 0x80);
    rest >>>= 7;
  }
  bytes.push(rest);
  return bytes;
};

/** A length-delimited field: tag, length, bytes. */
export const bytesField = (field: number, bytes: Uint8Array): Buffer =>
  Buffer.concat([Buffer.from([(field << 3) | 2, ...varint(bytes.length)]), bytes]);

export const stringField = (field: number, value: string): Buffer => bytesField(field, Buffer.from(value, 'utf8'));

/** A varint field, for small non-negative numbers. */
export const numberField = (field: number, value: number): Buffer => Buffer.from([field << 3, ...varint(value)]);
