import { CONTRACT_SHARDS, eventLogContract } from './event-log-contract.js';
import { openMemoryLog } from './memory-log.js';

eventLogContract('the memory log', async () => {
  const log = openMemoryLog({ name: 'test', shards: CONTRACT_SHARDS });
  return { log, cleanUp: () => log.close() };
});
