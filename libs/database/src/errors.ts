/** The database cannot be opened or read. The message is one sentence for the operator. */
export class DatabaseRefused extends Error {
  override readonly name: string = 'DatabaseRefused';
}

/** A newer release has changed the schema. */
export class NewerDatabase extends DatabaseRefused {
  override readonly name = 'NewerDatabase';
}
