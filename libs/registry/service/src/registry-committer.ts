import type { EventMeta, RegistryEvent } from '@thuban/events';
import type { Committer, Lookup } from '@thuban/event-sourcing';
import { findNamespace, type RegistryCommand, type RegistryEntry, undescribedNamespace } from '@thuban/registry-domain';

/** The only way to the registry log. */
export type RegistryCommitter = Committer<RegistryCommand, RegistryEvent, RegistryEntry>;

/**
 * Creates the namespace that a registration needs, if it is missing. To be called right before the registration is handed over, so that
 * both are decided in order in one group. Never rejects: the registration implies the namespace anyway, so its answer does not hang on this.
 */
export const requireNamespace = async (
  committer: Pick<RegistryCommitter, 'handleCommand'>,
  state: Lookup<RegistryEntry>,
  name: string,
  meta: EventMeta,
): Promise<void> => {
  if (findNamespace(state, name)) return;
  const command: RegistryCommand = { type: 'CreateNamespace', namespace: undescribedNamespace(name), ifAbsent: true };
  await committer.handleCommand(command, { meta }).catch(() => undefined);
};
