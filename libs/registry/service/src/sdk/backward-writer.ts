const LENGTH_DELIMITED = 2;
const FIRST_FIELD_VARINT = 0x08; // field 1 of UInt32Value and BoolValue
const FIRST_FIELD_TEXT = 0x0a; // field 1 of StringValue

const varintLength = (value: number): number => {
  let length = 1;
  for (let rest = value >>> 7; rest > 0; rest >>>= 7) length++;
  return length;
};

/**
 * Writes a protobuf message from its end to its beginning: the length of what is inside a message is known when its tag is written.
 * So the fields come in reverse order. For the few messages that are written for every call or every instance; all others go through
 * protobuf-es, which takes several times as long.
 */
export class BackwardWriter {
  #buffer: Buffer;
  #start: number;

  constructor(bytesAtFirst = 4096) {
    this.#buffer = Buffer.allocUnsafe(bytesAtFirst);
    this.#start = bytesAtFirst;
  }

  /** How many bytes have been written. */
  get length(): number {
    return this.#buffer.length - this.#start;
  }

  /** A varint of at most 32 bits. */
  varint(value: number): void {
    const length = varintLength(value);
    let at = this.#reserve(length);
    let rest = value;
    for (; rest > 0x7f; rest >>>= 7) this.#buffer[at++] = (rest & 0x7f) | 0x80;
    this.#buffer[at] = rest;
  }

  /** Bytes as they are. */
  bytes(bytes: Buffer): void {
    const at = this.#reserve(bytes.length);
    bytes.copy(this.#buffer, at);
  }

  /** A `string` field. */
  text(field: number, text: string): void {
    const length = Buffer.byteLength(text);
    const at = this.#reserve(length);
    this.#buffer.write(text, at, length, 'utf8');
    this.#prefix(field, length);
  }

  /** A `StringValue` field. */
  wrappedText(field: number, text: string): void {
    const before = this.length;
    if (text !== '') this.text(1, text);
    this.message(field, before);
  }

  /** A `UInt32Value` field. */
  wrappedNumber(field: number, value: number): void {
    const before = this.length;
    if (value !== 0) {
      this.varint(value);
      this.#byte(FIRST_FIELD_VARINT);
    }
    this.message(field, before);
  }

  /** A `BoolValue` field. */
  wrappedFlag(field: number, value: boolean): void {
    this.wrappedNumber(field, value ? 1 : 0);
  }

  /** Makes a field of all that was written since `length` was `before`. */
  message(field: number, before: number): void {
    this.#prefix(field, this.length - before);
  }

  /** A copy of what was written; the writer is empty again. */
  take(): Buffer {
    const bytes = Buffer.from(this.#buffer.subarray(this.#start));
    this.#start = this.#buffer.length;
    return bytes;
  }

  #prefix(field: number, length: number): void {
    this.varint(length);
    if (field === 1) this.#byte(FIRST_FIELD_TEXT);
    else this.varint((field << 3) | LENGTH_DELIMITED);
  }

  #byte(value: number): void {
    const at = this.#reserve(1);
    this.#buffer[at] = value;
  }

  /** Where the next `length` bytes go. The buffer may be another one afterwards. */
  #reserve(length: number): number {
    if (this.#start < length) this.#grow(length);
    return (this.#start -= length);
  }

  #grow(length: number): void {
    const written = this.length;
    const larger = Buffer.allocUnsafe(2 * (written + length));
    this.#buffer.copy(larger, larger.length - written, this.#start);
    this.#buffer = larger;
    this.#start = larger.length - written;
  }
}
