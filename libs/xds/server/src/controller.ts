import type { ServerDuplexStream } from '@grpc/grpc-js';
import { Controller } from '@nestjs/common';
import { GrpcStreamCall } from '@nestjs/microservices';
import type { Mode } from '@thuban/xds-protocol';

type Call = ServerDuplexStream<Buffer, Buffer>;

/** The two methods of `envoy.service.discovery.v3.AggregatedDiscoveryService`. */
export interface AdsController {
  streamAggregatedResources(call: Call): void;
  deltaAggregatedResources(call: Call): void;
}

const SERVICE = 'AggregatedDiscoveryService';

/** The class that Nest routes ADS calls to; what a call does is up to `serve`. */
export function adsController(serve: (mode: Mode, call: Call) => void): new () => AdsController {
  @Controller()
  class Ads implements AdsController {
    @GrpcStreamCall(SERVICE, 'StreamAggregatedResources')
    streamAggregatedResources(call: Call): void {
      serve('sotw', call);
    }

    @GrpcStreamCall(SERVICE, 'DeltaAggregatedResources')
    deltaAggregatedResources(call: Call): void {
      serve('delta', call);
    }
  }
  return Ads;
}
