import type { RejectionCode } from '@thuban/event-sourcing';

/** How each refusal is said over HTTP and over gRPC (google.rpc.Code numbers). The only such table. */
export const EDGE = {
  INVALID_ARGUMENT: { http: 400, grpc: 3 },
  NOT_FOUND: { http: 404, grpc: 5 },
  ALREADY_EXISTS: { http: 409, grpc: 6 },
  RESOURCE_EXHAUSTED: { http: 429, grpc: 8 },
  FAILED_PRECONDITION: { http: 400, grpc: 9 },
  ABORTED: { http: 409, grpc: 10 },
  UNAVAILABLE: { http: 503, grpc: 14 },
} as const satisfies Record<RejectionCode, { readonly http: number; readonly grpc: number }>;

/** gRPC's code for "a bug of ours". */
export const GRPC_INTERNAL = 13;
