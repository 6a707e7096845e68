import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { openEmbeddedStore } from '@thuban/event-log-embedded';
import { StartupError } from '@thuban/nest';

/** The files that Thuban makes; nothing else in the directory is touched. */
const OURS = /^(log|read)\.db(-wal|-shm|-journal)?$/;

/**
 * Deletes the data of a stopped Thuban.
 * @returns the files that are gone.
 * @throws StartupError when a running process uses the directory.
 */
export const wipe = async (dataDir: string): Promise<readonly string[]> => {
  const directory = resolve(dataDir);
  const files = existsSync(directory) ? readdirSync(directory).filter((file) => OURS.test(file)) : [];
  if (files.includes('log.db')) await refuseWhileUsed(join(directory, 'log.db'));
  for (const file of files) rmSync(join(directory, file), { force: true });
  return files.map((file) => join(directory, file));
};

const refuseWhileUsed = async (file: string): Promise<void> => {
  try {
    await (await openEmbeddedStore(file)).close();
  } catch (error) {
    // A damaged or newer file may well be the reason for wiping.
    if ((error as Error).name === 'DirectoryInUse')
      throw new StartupError((error as Error).message, 2, { cause: error });
  }
};
