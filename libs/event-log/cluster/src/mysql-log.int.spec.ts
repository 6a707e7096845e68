import { CONTRACT_SHARDS, describeWithStack, eventLogContract, startStack, type Stack } from '@thuban/testing';
import { openTestStore } from './fixtures/store.js';

describeWithStack(['mysql'], 'a log in MySQL', () => {
  let stack: Stack;
  beforeAll(async () => (stack = await startStack(['mysql'])), 120_000);
  afterAll(() => stack.stop());

  eventLogContract('the MySQL log', async () => {
    const url = await stack.freshDatabase();
    let store = await openTestStore(url);
    return {
      log: (await store.log('test', CONTRACT_SHARDS)).log,
      reopen: async () => {
        await store.close();
        store = await openTestStore(url);
        return (await store.log('test', CONTRACT_SHARDS)).log;
      },
      cleanUp: () => store.close(),
    };
  });
});
