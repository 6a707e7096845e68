/**
 * A store (of events or of rows) cannot be opened as it is. The message is one sentence for the operator: what is wrong with which file or server,
 * and what to do. It never holds a password. Subclasses say which case it is.
 */
export class StoreRefused extends Error {
  override readonly name: string = 'StoreRefused';
}

/** The store was written by a newer release, whose format this one does not know. */
export class NewerDatabase extends StoreRefused {
  override readonly name = 'NewerDatabase';
}

/** The store does not hold what it should: damage, a gap in a shard, or an event that does not fit the hash chain. */
export class StoreCorrupt extends StoreRefused {
  override readonly name = 'StoreCorrupt';
}
