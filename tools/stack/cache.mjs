// Where the real components are kept: outside git, shared by all clones of one user.
import { mkdirSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';

/** The cache folder: $THUBANSTACK_CACHE, else ~/.cache/thuban. */
export const cacheFolder = () => process.env.THUBANSTACK_CACHE || join(homedir(), '.cache', 'thuban');

/**
 * Fills `target` all or nothing: `fill(scratch)` works in a scratch folder that takes the place of `target` when it is done.
 * Two runs at once are harmless: the loser's folder is dropped.
 */
export const fillOnce = async (target, fill) => {
  const scratch = `${target}.${process.pid}.partial`;
  mkdirSync(scratch, { recursive: true });
  try {
    await fill(scratch);
    mkdirSync(dirname(target), { recursive: true });
    renameSync(scratch, target);
  } catch (error) {
    if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error;
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
};
