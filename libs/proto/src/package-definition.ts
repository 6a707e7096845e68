import {
  type DescMessage,
  type DescMethod,
  type DescService,
  fromBinary,
  type MessageShape,
  toBinary,
} from '@bufbuild/protobuf';

/** One method as @grpc/grpc-js and Nest's gRPC transport want it: their `MethodDefinition`, structurally. */
export type GrpcMethodDefinition = {
  /** `/v1.PolarisGRPC/Heartbeat` */
  readonly path: string;
  readonly requestStream: boolean;
  readonly responseStream: boolean;
  readonly requestSerialize: (value: unknown) => Buffer;
  readonly requestDeserialize: (bytes: Buffer) => unknown;
  readonly responseSerialize: (value: unknown) => Buffer;
  readonly responseDeserialize: (bytes: Buffer) => unknown;
  /** `heartbeat`, the name a generated client gives to `Heartbeat`. */
  readonly originalName: string;
};

/** Methods by name, under the full name of their service. */
export type GrpcPackageDefinition = Readonly<Record<string, Readonly<Record<string, GrpcMethodDefinition>>>>;

export type GrpcPackageOptions = {
  /** `false`, the default: handlers see requests and return responses as the bytes on the wire. `true`: as messages. */
  readonly decode?: boolean;
};

type Codec = { readonly serialize: (value: unknown) => Buffer; readonly deserialize: (bytes: Buffer) => unknown };

/**
 * The package definition of one service, without proto-loader. Spread several into one object to serve them together.
 *
 * A serializer throws a TypeError for a value of the wrong kind, a deserializer an Error for bytes that are no such
 * message; grpc-js turns both into a status of the call.
 */
export function grpcPackageDefinition(
  service: DescService,
  { decode = false }: GrpcPackageOptions = {},
): GrpcPackageDefinition {
  const codecOf = decode ? messageCodec : () => PASS_THROUGH;
  const methods = service.methods.map((method) => [method.name, methodDefinition(method, codecOf)] as const);
  return { [service.typeName]: Object.fromEntries(methods) };
}

function methodDefinition(method: DescMethod, codecOf: (message: DescMessage) => Codec): GrpcMethodDefinition {
  const request = codecOf(method.input);
  const response = codecOf(method.output);
  return {
    path: `/${method.parent.typeName}/${method.name}`,
    requestStream: method.methodKind === 'client_streaming' || method.methodKind === 'bidi_streaming',
    responseStream: method.methodKind === 'server_streaming' || method.methodKind === 'bidi_streaming',
    requestSerialize: request.serialize,
    requestDeserialize: request.deserialize,
    responseSerialize: response.serialize,
    responseDeserialize: response.deserialize,
    originalName: method.localName,
  };
}

const PASS_THROUGH: Codec = {
  serialize: (value) => {
    if (!(value instanceof Uint8Array)) throw new TypeError('expected the bytes of a message');
    return asBuffer(value);
  },
  deserialize: (bytes) => bytes,
};

function messageCodec(schema: DescMessage): Codec {
  return {
    serialize: (value) => asBuffer(toBinary(schema, value as MessageShape<DescMessage>)),
    deserialize: (bytes) => fromBinary(schema, bytes),
  };
}

// grpc-js refuses a plain Uint8Array; this is a view, not a copy.
function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
