import { openDatabase } from '@thuban/database';
import { describeWithStack, startStack, type Stack } from '@thuban/testing';
import { meshSuite } from './fixtures/mesh-suite.js';
import { meshEntities, meshMigrations } from './index.js';

describeWithStack(['mysql'], 'MySQL', () => {
  let stack: Stack;
  beforeAll(async () => void (stack = await startStack(['mysql'])), 120_000);
  afterAll(() => stack.stop());

  meshSuite(
    'MySQL',
    async () =>
      openDatabase({
        mysqlUrl: await stack.freshDatabase(),
        service: 'xds-push',
        entities: meshEntities,
        migrations: meshMigrations,
      }),
    15,
  );
});
