import { setMaxListeners } from 'node:events';
import type { DynamicModule } from '@nestjs/common';
import type { Clock, EventLog } from '@thuban/event-sourcing';
import type { RegistryState } from '@thuban/registry-domain';
import type { RegistryCommitter } from '../registry-committer.js';
import { AliasesController } from './aliases.controller.js';
import { createEventStreams } from './event-stream.js';
import { createFollowers } from './followers.js';
import { HTTP_PARTS, type HttpParts } from './http-parts.js';
import { InstancesController } from './instances.controller.js';
import { createLists } from './lists.js';
import { NamespacesController } from './namespaces.controller.js';
import { openApiDocument } from './openapi.js';
import { OPERATIONS } from './operations.js';
import { ProcessController } from './process.controller.js';
import { ServicesController } from './services.controller.js';
import { createStatus, type ProjectionStatus } from './status.js';
import { createWrites } from './writes.js';

export interface RegistryHttpOptions {
  readonly committer: Pick<RegistryCommitter, 'handleCommand' | 'remembers'>;
  /** The committed fold that the committer keeps: reads come from it. */
  readonly state: RegistryState;
  /** The logs that `/v1/events` may show. */
  readonly logs: readonly EventLog[];
  readonly clock: Clock;
  readonly version: string;
  readonly projections?: () => readonly ProjectionStatus[];
  /** What other parts of the process say of themselves in `/v1/status`, under `sections`, by name. */
  readonly statusSections?: Readonly<Record<string, () => object>>;
}

/** The HTTP API of the registry, ready to be hosted by Nest. */
export interface RegistryHttp {
  readonly module: DynamicModule;
  /** How many event streams and waiting requests are open. */
  readonly followers: () => number;
}

class RegistryHttpModule {}

/**
 * Makes the module that serves `/v1`.
 * @example const http = registryHttp({ committer, state, logs: [log], clock: systemClock, version }); // modules: [http.module]
 */
export const registryHttp = (options: RegistryHttpOptions): RegistryHttp => {
  const { committer, state, logs, clock, version, projections = () => [], statusSections = {} } = options;
  const closing = new AbortController();
  setMaxListeners(0, closing.signal); // one for each stream and each request that waits
  const followers = createFollowers();
  const parts: HttpParts = {
    writes: createWrites(committer, state),
    lists: createLists(state),
    logs,
    followers,
    streams: createEventStreams(clock, followers, closing.signal),
    status: createStatus({ version, state, logs, projections, statusSections, clock }),
    document: openApiDocument(Object.values(OPERATIONS), version),
    clock,
    closing,
  };
  return {
    module: {
      module: RegistryHttpModule,
      controllers: [
        NamespacesController,
        ServicesController,
        AliasesController,
        InstancesController,
        ProcessController,
      ],
      providers: [{ provide: HTTP_PARTS, useValue: parts }],
    },
    followers: followers.count,
  };
};
