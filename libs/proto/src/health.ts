// grpc.health.v1, the health checking protocol of gRPC.
export {
  type HealthCheckRequest,
  HealthCheckRequestSchema,
  type HealthCheckResponse,
  HealthCheckResponseSchema,
  HealthCheckResponse_ServingStatus,
  HealthCheckResponse_ServingStatusSchema,
  Health,
} from './gen/grpc/health/v1/health_pb.js';
