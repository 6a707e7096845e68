import { StoreRefused } from '@thuban/event-sourcing';

export { NewerDatabase, StoreCorrupt, StoreRefused } from '@thuban/event-sourcing';

/** Another process has the data directory open. */
export class DirectoryInUse extends StoreRefused {
  override readonly name = 'DirectoryInUse';
}

/** The data directory cannot be created, read or written. */
export class DirectoryUnusable extends StoreRefused {
  override readonly name = 'DirectoryUnusable';
}
