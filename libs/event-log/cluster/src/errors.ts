import { StoreRefused } from '@thuban/event-sourcing';

export { NewerDatabase, StoreCorrupt, StoreRefused } from '@thuban/event-sourcing';

/** MySQL does not answer at this address. */
export class DatabaseUnreachable extends StoreRefused {
  override readonly name = 'DatabaseUnreachable';
}

/** MySQL would acknowledge commits that a power loss can take back, or it is not the primary. */
export class DurabilityRefused extends StoreRefused {
  override readonly name = 'DurabilityRefused';
}
