import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A new folder for one test. */
export const temporaryFolder = (): string => mkdtempSync(join(tmpdir(), 'thuban-e2e-'));
