// Runs a built entry in this process, as `node <entry>` would: no second process to boot, signal or wait for.
import { existsSync } from 'node:fs';
import Module from 'node:module';
import { join } from 'node:path';
import { root } from '../workspace.mjs';
import { ensureBuilt } from './build.mjs';

/** Builds if needed, then becomes `entry` (relative to the root) with this process's flags. Exits with 1 when the build fails. */
export const buildAndRun = async (entry) => {
  if (!(await ensureBuilt())) process.exit(1);
  const main = join(root, entry);
  if (!existsSync(main)) {
    console.error(`thuban: ${entry} is missing although the build succeeded. Run \`npx nx reset\` and try again.`);
    process.exit(1);
  }
  // Node 22 and later keep compiled code between starts.
  Module.enableCompileCache?.(join(root, '.nx/compile-cache'));
  process.argv[1] = main;
  // What was built before does not count as start-up: the program measures from here.
  performance.mark('thuban:launch');
  Module.runMain(main);
};
