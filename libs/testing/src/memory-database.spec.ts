import { databaseContract } from './database-contract.js';
import { openMemoryDatabase } from './memory-database.js';

databaseContract('the memory database', async () => {
  const database = openMemoryDatabase();
  return {
    database,
    write: async (tx, key, value) => void tx.rows.set(key, value),
    valueOf: async (key) => database.rows.get(key),
    reopen: async () => database,
    cleanUp: () => database.close(),
  };
});
