import { createHash } from 'node:crypto';
import type { Resource, XdsType } from './resource.js';
import { TYPE_URL } from './resource.js';
import { varintLength, writeVarint } from './wire.js';

const VERSION_LENGTH = 16;
const TAG = { name: 0x1a, version: 0x0a, resource: 0x12, typeUrl: 0x0a, value: 0x12, resources: 0x12 } as const;
const TYPE_URL_BYTES: Readonly<Record<XdsType, Buffer>> = {
  CDS: Buffer.from(TYPE_URL.CDS),
  EDS: Buffer.from(TYPE_URL.EDS),
  LDS: Buffer.from(TYPE_URL.LDS),
  RDS: Buffer.from(TYPE_URL.RDS),
};

/** The first 16 hex digits of SHA-256 over type, name and bytes; lengths frame them, so that `ab`+`c` and `a`+`bc` differ. */
export const versionOf = (type: XdsType, name: string, bytes: Uint8Array): string =>
  createHash('sha256')
    .update(`${type}:${Buffer.byteLength(name)}:${name}${bytes.length}:`)
    .update(bytes)
    .digest('hex')
    .slice(0, VERSION_LENGTH);

const sized = (length: number): number => 1 + varintLength(length) + length;

/**
 * A resource from the pieces of its message, copied once. `resources` is field 2 of both responses and `resource` is field 2 of the
 * delta `Resource`, so the SotW frame is the tail of the delta frame, and the message is the tail of both: one allocation, three windows.
 * discovery.proto: DiscoveryResponse.resources, DeltaDiscoveryResponse.resources, Resource{version 1, resource 2, name 3}.
 */
export const resourceOf = (
  type: XdsType,
  name: string,
  pieces: readonly Uint8Array[],
  references: { readonly clusters?: readonly string[]; readonly routes?: readonly string[] } = {},
): Resource => {
  const typeUrl = TYPE_URL_BYTES[type];
  const nameLength = Buffer.byteLength(name);
  const bytesLength = pieces.reduce((sum, { length }) => sum + length, 0);
  const anyLength = sized(typeUrl.length) + sized(bytesLength);
  const resourceLength = sized(nameLength) + sized(VERSION_LENGTH) + sized(anyLength);

  const frame = Buffer.allocUnsafeSlow(sized(resourceLength));
  let at = frame.length - bytesLength;
  for (const piece of pieces) {
    frame.set(piece, at);
    at += piece.length;
  }
  const bytes = frame.subarray(frame.length - bytesLength);
  const version = versionOf(type, name, bytes);

  const put = (tag: number, length: number): void => {
    frame[at] = tag;
    at = writeVarint(frame, length, at + 1);
  };
  at = 0;
  put(TAG.resources, resourceLength);
  put(TAG.name, nameLength);
  at += frame.write(name, at, 'utf8');
  put(TAG.version, VERSION_LENGTH);
  at += frame.write(version, at, 'latin1');
  const sotwFrame = frame.subarray(at);
  put(TAG.resource, anyLength);
  put(TAG.typeUrl, typeUrl.length);
  frame.set(typeUrl, at);
  at += typeUrl.length;
  put(TAG.value, bytesLength);

  const { clusters = [], routes = [] } = references;
  return { type, name, version, bytes, deltaFrame: frame, sotwFrame, clusters, routes };
};
