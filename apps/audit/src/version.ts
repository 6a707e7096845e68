import { versionIn } from '@thuban/nest';

/** The version of this release, from the package of the app. */
export const VERSION = versionIn(__dirname);
