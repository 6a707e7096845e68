import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The version of this release, from the package of the app. */
export const VERSION: string = (
  JSON.parse(readFileSync(join(__dirname, '../package.json'), 'utf8')) as { readonly version: string }
).version;
