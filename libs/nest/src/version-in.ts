import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The version in the package of an app; `directory` is that of its compiled sources, one below the package. */
export const versionIn = (directory: string): string =>
  (JSON.parse(readFileSync(join(directory, '../package.json'), 'utf8')) as { readonly version: string }).version;
