import { setMaxListeners } from 'node:events';
import type { DynamicModule } from '@nestjs/common';
import type { Clock, EventLog } from '@thuban/event-sourcing';
import type { ProjectionLag } from '../metrics.js';
import { createEventStreams } from './event-stream.js';
import { createFollowers } from './followers.js';
import { openApiDocument } from './openapi.js';
import type { Operation } from './operation.js';
import { PROCESS_OPERATIONS } from './process-operations.js';
import { PROCESS_PARTS, type ProcessParts } from './process-parts.js';
import { ProcessController } from './process.controller.js';
import { createStatus } from './status.js';

export interface ProcessApiOptions {
  /** The logs that `/v1/events` may show. */
  readonly logs: readonly EventLog[];
  readonly clock: Clock;
  readonly version: string;
  /** The operations of the other modules of this process, for the OpenAPI document. */
  readonly operations: readonly Operation[];
  readonly projections?: () => readonly ProjectionLag[];
  /** How many of what the process holds, for `/v1/status`. */
  readonly counts?: () => Readonly<Record<string, number>>;
  /** What the parts of the process say of themselves in `/v1/status`, under `sections`, by name. */
  readonly statusSections?: Readonly<Record<string, () => object>>;
}

/** Events, status and the OpenAPI document: what every process serves of `/v1`, ready to be hosted by Nest. */
export interface ProcessApi {
  readonly module: DynamicModule;
  /** How many event streams and waiting requests are open. */
  readonly followers: () => number;
}

class ProcessApiModule {}

/**
 * Makes the module that serves `/v1/events`, `/v1/status` and `/v1/openapi.json`.
 * @example const api = processApi({ logs: [log], clock: systemClock, version, operations: REGISTRY_OPERATIONS }); // modules: [api.module]
 */
export const processApi = (options: ProcessApiOptions): ProcessApi => {
  const { logs, clock, version, operations, projections = () => [], counts = () => ({}) } = options;
  const closing = new AbortController();
  setMaxListeners(0, closing.signal); // one for each stream and each request that waits
  const followers = createFollowers();
  const parts: ProcessParts = {
    logs,
    followers,
    streams: createEventStreams(clock, followers, closing.signal),
    status: createStatus({ version, logs, projections, counts, statusSections: options.statusSections ?? {}, clock }),
    document: openApiDocument([...operations, ...Object.values(PROCESS_OPERATIONS)], version),
    clock,
    closing,
  };
  return {
    module: {
      module: ProcessApiModule,
      controllers: [ProcessController],
      providers: [{ provide: PROCESS_PARTS, useValue: parts }],
    },
    followers: followers.count,
  };
};
