import { create, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import { polaris } from '@thuban/proto';
import { CODE, INFO } from './codes.js';

/** What a reply says about an instance; absent and empty texts are left out. */
export interface ShownInstance {
  readonly id: string;
  readonly namespace?: string;
  readonly service?: string;
  readonly vpcId?: string;
  readonly host: string;
  readonly port: number;
}

/** Encodes a Response. */
export const responseBytes = (response: MessageInitShape<typeof polaris.ResponseSchema>): Buffer => {
  const bytes = toBinary(polaris.ResponseSchema, create(polaris.ResponseSchema, response));
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
};

/** The field of `instance` in Response, and those of Instance. */
const FIELD = { INSTANCE: 6, ID: 1, SERVICE: 2, NAMESPACE: 3, HOST: 4, PORT: 5, VPC_ID: 21 } as const;
const LENGTH_DELIMITED = 2;
const WRAPPED_TEXT = 0x0a; // field 1 of a StringValue
const WRAPPED_NUMBER = 0x08; // field 1 of a UInt32Value

// Six texts of at most 128 characters of three bytes each, with room for tags and lengths.
const scratch = Buffer.allocUnsafe(4096);
const head = responseBytes({ code: CODE.SUCCESS, info: INFO.SUCCESS });

const putVarint = (value: number, at: number): number => {
  let rest = value;
  for (; rest > 0x7f; rest >>>= 7) scratch[at++] = (rest & 0x7f) | 0x80;
  scratch[at++] = rest;
  return at;
};

const varintLength = (value: number): number => (value < 0x80 ? 1 : value < 0x4000 ? 2 : 3);

const putTag = (field: number, at: number): number => putVarint((field << 3) | LENGTH_DELIMITED, at);

const putText = (field: number, text: string | undefined, start: number): number => {
  if (!text) return start;
  const length = Buffer.byteLength(text);
  let at = putVarint(1 + varintLength(length) + length, putTag(field, start));
  scratch[at++] = WRAPPED_TEXT;
  at = putVarint(length, at);
  return at + scratch.write(text, at, length, 'utf8');
};

const putNumber = (field: number, value: number, start: number): number => {
  const at = putVarint(1 + varintLength(value), putTag(field, start));
  scratch[at] = WRAPPED_NUMBER;
  return putVarint(value, at + 1);
};

/**
 * Encodes "success" with an instance, the answer to every heartbeat and registration. By hand, because encoding it field by field
 * through the descriptors took an eighth of the CPU of a heartbeat.
 */
export const successBytes = ({ id, namespace, service, vpcId, host, port }: ShownInstance): Buffer => {
  let length = putText(FIELD.ID, id, 0);
  length = putText(FIELD.SERVICE, service, length);
  length = putText(FIELD.NAMESPACE, namespace, length);
  length = putText(FIELD.HOST, host, length);
  length = putNumber(FIELD.PORT, port, length);
  length = putText(FIELD.VPC_ID, vpcId, length);
  // Tag and length of the instance come after it in the scratch, so that its length is known.
  const end = putVarint(length, putTag(FIELD.INSTANCE, length));
  return Buffer.concat([head, scratch.subarray(length, end), scratch.subarray(0, length)]);
};
