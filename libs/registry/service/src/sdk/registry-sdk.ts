import type { DynamicModule } from '@nestjs/common';
import type { OnRefused } from '@thuban/nest';
import { grpcPackageDefinition, type GrpcPackageDefinition, polaris } from '@thuban/proto';
import type { RegistryState } from '@thuban/registry-domain';
import type { Tracer } from '@thuban/telemetry';
import { callSpans } from './call-spans.js';
import { createDiscoverAnswers, type DiscoverAnswers } from './discover-answers.js';
import type { RegistryCommitter } from '../registry-committer.js';
import { createInstanceCalls } from './instance-calls.js';
import { PolarisController } from './polaris.controller.js';
import type { RoutingSource } from './rule-answers.js';
import { REGISTRY_SDK, type SdkParts } from './sdk-parts.js';
import { createSdkStats, type SdkStats } from './sdk-stats.js';

export interface RegistrySdkOptions {
  readonly committer: Pick<RegistryCommitter, 'handleCommand'>;
  /** The committed fold that the committer keeps. */
  readonly state: RegistryState;
  /** The id of the registry log. */
  readonly logId: string;
  /** How many bytes of encoded answers are kept at most; 128 MiB when absent. */
  readonly answerBytesMax?: number;
  /** Where the routing of services comes from, such as the rules of the same process; absent: no service has any. */
  readonly routing?: RoutingSource;
  /** Records registrations; undefined: telemetry is off. */
  readonly tracer?: Tracer | undefined;
  /** Told of bugs of ours that a client saw as an internal error. */
  readonly onError?: (error: unknown) => void;
  /** Told of commands that changed nothing. */
  readonly onRefused?: OnRefused;
}

/** The SDK protocol of the registry, ready to be hosted by Nest's gRPC transport. */
export interface RegistrySdk {
  readonly module: DynamicModule;
  /** The gRPC package to name in the transport's options. */
  readonly package: 'v1';
  /** `v1.PolarisGRPC` on bytes; spread it together with those of other services. */
  readonly packageDefinition: GrpcPackageDefinition;
  readonly stats: SdkStats;
  /** What is kept of encoded answers. */
  readonly kept: DiscoverAnswers['stats'];
  /** Ends every open Discover stream with OK, for a process that drains: SDKs keep theirs open for as long as they run. */
  endStreams(): void;
}

class RegistrySdkModule {}

/**
 * Makes the module that serves v1.PolarisGRPC.
 * @example const sdk = registrySdk({ committer, state, logId: log.id }); // imports: [sdk.module]
 */
export const registrySdk = (options: RegistrySdkOptions): RegistrySdk => {
  const { committer, state, logId, answerBytesMax, routing, tracer, onError, onRefused } = options;
  const failed = onError ?? (() => undefined);
  const { stats, answered, discovered, opened, closed, endStreams } = createSdkStats();
  const answers = createDiscoverAnswers({
    state,
    logId,
    ...(answerBytesMax !== undefined && { bytesMax: answerBytesMax }),
    ...(routing && { routing }),
  });
  const parts: SdkParts = {
    calls: createInstanceCalls({ committer, state, onError: failed, onRefused }),
    answers,
    observer: { opened, closed, answered: discovered, failed },
    answered,
    startSpan: callSpans(tracer),
  };
  return {
    module: {
      module: RegistrySdkModule,
      controllers: [PolarisController],
      providers: [{ provide: REGISTRY_SDK, useValue: parts }],
    },
    package: 'v1',
    packageDefinition: grpcPackageDefinition(polaris.PolarisGRPC),
    stats,
    kept: answers.stats,
    endStreams,
  };
};
