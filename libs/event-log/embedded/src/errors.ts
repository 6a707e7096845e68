/**
 * The store cannot be opened as it is. The message is one sentence for the operator: what is wrong with which file, and what to do.
 * Subclasses say which case it is.
 */
export class StoreRefused extends Error {
  override readonly name: string = 'StoreRefused';
}

/** Another process has the data directory open. */
export class DirectoryInUse extends StoreRefused {
  override readonly name = 'DirectoryInUse';
}

/** The file was written by a newer release, whose format this one does not know. */
export class NewerDatabase extends StoreRefused {
  override readonly name = 'NewerDatabase';
}

/** The data directory cannot be created, read or written. */
export class DirectoryUnusable extends StoreRefused {
  override readonly name = 'DirectoryUnusable';
}

/** The file is damaged: not a database, a broken page, a gap in a shard, or an event that does not fit the hash chain. */
export class StoreCorrupt extends StoreRefused {
  override readonly name = 'StoreCorrupt';
}
