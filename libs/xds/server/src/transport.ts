import type { ServerDuplexStream, status } from '@grpc/grpc-js';

/** Why a stream ends, as gRPC says it. */
export interface EndStatus {
  readonly code: status;
  readonly details: string;
}

/** One open stream as the server sees it; requests come in through `TransportEvents`. */
export interface Transport {
  /** Queues one encoded response. False: send no more until `onDrain`. */
  send(bytes: Buffer): boolean;
  /** Ends the stream. Idempotent. */
  close(status: EndStatus): void;
}

export interface TransportEvents {
  onRequest(bytes: Buffer): void;
  /** What was queued has left, after `send` returned false. */
  onDrain(): void;
  /** The stream is over, whoever ended it. Called once. */
  onClose(): void;
}

/** Starts a transport that reports to `events`. */
export type OpenTransport = (events: TransportEvents) => Transport;

/** Bytes that may wait in a stream before `send` says stop: one response of the usual size and a few small ones. */
const UNSENT_BYTES_MAX = 64 * 1024;

type Call = ServerDuplexStream<Buffer, Buffer>;

/**
 * A raw grpc-js call with pass-through serializers. `write` of a Node object stream counts messages, not bytes, so what
 * HTTP/2 has not taken yet is counted here: its write callback comes when the peer's window had room for the message.
 */
export function grpcTransport(call: Call, events: TransportEvents): Transport {
  let [unsentBytes, blocked, over] = [0, false, false];
  const end = () => {
    if (over) return;
    over = true;
    events.onClose();
  };
  const left = (bytes: number) => {
    unsentBytes -= bytes;
    if (!blocked || unsentBytes > 0 || over) return;
    blocked = false;
    events.onDrain();
  };
  call.on('data', (bytes: Buffer) => over || events.onRequest(bytes));
  call.on('end', () => {
    end();
    call.end();
  });
  call.on('cancelled', end);
  call.on('close', end);
  call.on('error', end);
  return {
    send(bytes) {
      if (over) return false;
      unsentBytes += bytes.length;
      const room = call.write(bytes, () => left(bytes.length));
      blocked ||= !room || unsentBytes > UNSENT_BYTES_MAX;
      return !blocked;
    },
    close(why) {
      if (over) return;
      end();
      // grpc-js ends a streaming call with a status through this event. The status queues behind what was written, so a
      // stream that takes nothing is reset, or it would keep those bytes for as long as its connection lives.
      call.emit('error', Object.assign(new Error(why.details), why));
      if (blocked) reset(call);
    },
  };
}

/** NGHTTP2_ENHANCE_YOUR_CALM, which gRPC clients see as RESOURCE_EXHAUSTED. */
const ENHANCE_YOUR_CALM = 11;

interface Resettable {
  readonly stream?: { close(code: number): void };
  readonly call?: Resettable;
  readonly nextCall?: Resettable;
}

/** grpc-js has no word for RST_STREAM on the server; its calls wrap the HTTP/2 stream one or more layers deep. */
function reset(call: unknown): void {
  let layer = call as Resettable | undefined;
  while (layer && !layer.stream) layer = layer.call ?? layer.nextCall;
  layer?.stream?.close(ENHANCE_YOUR_CALM);
}
