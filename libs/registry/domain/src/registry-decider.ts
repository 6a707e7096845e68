import type { RegistryEvent } from '@thuban/events';
import type { Decider } from '@thuban/event-sourcing';
import type { RegistryCommand } from './commands.js';
import { decide } from './decide.js';
import { evolve } from './evolve.js';
import type { RegistryEntry } from './state.js';

/** The decider of the registry log: what the committer of the registry runs. */
export const registryDecider: Decider<RegistryCommand, RegistryEvent, RegistryEntry> = { decide, evolve };
