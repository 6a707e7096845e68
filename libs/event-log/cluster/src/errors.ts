/**
 * The store cannot be opened as it is. The message is one sentence for the operator: what is wrong with which server, and what to do.
 * It never holds the password. Subclasses say which case it is.
 */
export class StoreRefused extends Error {
  override readonly name: string = 'StoreRefused';
}

/** MySQL does not answer at this address. */
export class DatabaseUnreachable extends StoreRefused {
  override readonly name = 'DatabaseUnreachable';
}

/** MySQL would acknowledge commits that a power loss can take back, or it is not the primary. */
export class DurabilityRefused extends StoreRefused {
  override readonly name = 'DurabilityRefused';
}

/** The tables were written by a newer release. */
export class NewerDatabase extends StoreRefused {
  override readonly name = 'NewerDatabase';
}

/** The tables do not hold what they should: a gap in a shard, or an event that does not fit the hash chain. */
export class StoreCorrupt extends StoreRefused {
  override readonly name = 'StoreCorrupt';
}
