// The Go program that drives the published polaris-go SDK in the end-to-end tests, once per version of the SDK.
import { join } from 'node:path';
import { root } from '../workspace.mjs';
import { goBuild } from './go-build.mjs';

/** Module file by SDK version: 1.6.1 is the last that asks only for instances and routing before it answers. */
const MODULE_FILES = { '1.7.0': 'go.mod', '1.6.1': 'go-1.6.1.mod' };

const nameOf = (version) => `polaris-go-${version}`;

/**
 * The programs' paths by SDK version, built if their sources have changed since.
 * @throws Unavailable when there is no Go here.
 */
export const goSdk = async () => {
  const outputs = Object.fromEntries(
    Object.entries(MODULE_FILES).map(([version, moduleFile]) => [nameOf(version), moduleFile]),
  );
  const paths = await goBuild('polaris-go', join(root, 'apps/standalone-e2e/polaris-go'), outputs);
  return Object.fromEntries(Object.keys(MODULE_FILES).map((version) => [version, paths[nameOf(version)]]));
};
