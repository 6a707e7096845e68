import type { DynamicModule } from '@nestjs/common';
import type { OnRefused } from '@thuban/nest';
import type { RegistryState } from '@thuban/registry-domain';
import type { RegistryCommitter } from '../registry-committer.js';
import { AliasesController } from './aliases.controller.js';
import { HTTP_PARTS, type HttpParts } from './http-parts.js';
import { InstancesController } from './instances.controller.js';
import { createLists } from './lists.js';
import { NamespacesController } from './namespaces.controller.js';
import { ServicesController } from './services.controller.js';
import { createWrites } from './writes.js';

export interface RegistryHttpOptions {
  readonly committer: Pick<RegistryCommitter, 'handleCommand' | 'remembers'>;
  /** The committed fold that the committer keeps: reads come from it. */
  readonly state: RegistryState;
  /** Told of commands that changed nothing. */
  readonly onRefused?: OnRefused;
}

class RegistryHttpModule {}

/**
 * Makes the module that serves namespaces, services, aliases and instances under `/v1`, ready to be hosted by Nest; its operations are
 * `REGISTRY_OPERATIONS`.
 * @example const module = registryHttp({ committer, state }); // modules: [module, processApi({ … }).module]
 */
export const registryHttp = ({ committer, state, onRefused }: RegistryHttpOptions): DynamicModule => {
  const parts: HttpParts = { writes: createWrites(committer, state, onRefused), lists: createLists(state) };
  return {
    module: RegistryHttpModule,
    controllers: [NamespacesController, ServicesController, AliasesController, InstancesController],
    providers: [{ provide: HTTP_PARTS, useValue: parts }],
  };
};
