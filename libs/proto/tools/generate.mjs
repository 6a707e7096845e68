// Generates src/gen from /proto and the Envoy files. Prints nothing but errors.
import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { assembleEnvoyTree } from './envoy-tree.mjs';

const project = dirname(dirname(fileURLToPath(import.meta.url)));
const require = createRequire(import.meta.url);
const binaries = join(dirname(dirname(dirname(require.resolve('@bufbuild/buf/package.json')))), '.bin');

assembleEnvoyTree(join(project, '.envoy'));
rmSync(join(project, 'src/gen'), { recursive: true, force: true });
const { status, error } = spawnSync(process.execPath, [require.resolve('@bufbuild/buf/bin/buf'), 'generate'], {
  cwd: project,
  stdio: 'inherit',
  // buf finds its plugin, protoc-gen-es, on the path.
  env: { ...process.env, PATH: [binaries, process.env.PATH].join(delimiter) },
});
if (error) throw error;
process.exitCode = status ?? 1;
