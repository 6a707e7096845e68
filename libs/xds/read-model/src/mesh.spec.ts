import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDatabase } from '@thuban/database';
import { meshSuite } from './fixtures/mesh-suite.js';
import { meshEntities, meshMigrations } from './index.js';

const directory = mkdtempSync(join(tmpdir(), 'mesh-'));
afterAll(() => rmSync(directory, { recursive: true }));

meshSuite(
  'SQLite',
  () => openDatabase({ file: join(directory, 'read.db'), entities: meshEntities, migrations: meshMigrations }),
  100,
);
