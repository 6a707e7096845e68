// Makes what outsiders hold on to from the types of the events: JSON Schemas, the AsyncAPI document, and the schemas as a module.
//   node tools/events/generate.mjs            writes them
//   node tools/events/generate.mjs --check    fails when they are not current, or when the document is not AsyncAPI 3.0
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import prettier from 'prettier';
import { stringify } from 'yaml';
import { root } from '../workspace.mjs';
import { document } from './asyncapi.mjs';
import { attemptSchema, events } from './schemas.mjs';

const SCHEMAS = 'libs/events/schemas';
const MODULE = 'libs/events/src/event-schemas.ts';
const NOTE = 'Made by tools/events/generate.mjs from the types beside it.';

const moduleText = () => {
  const entries = events.map(({ log, type, version, schema }) => {
    const { $schema: _, $id: __, ...rest } = schema;
    return { log, type, version, schema: rest };
  });
  return `// ${NOTE}
import type { EventSchema } from './schema-problem.js';

/** The schema of the body of every event. */
export const EVENT_SCHEMAS: readonly EventSchema[] = ${JSON.stringify(entries)};
`;
};

const wanted = async () => {
  const files = [
    ...events.map(({ type, version, schema }) => [`${SCHEMAS}/${type}.${version}.json`, JSON.stringify(schema)]),
    [`${SCHEMAS}/Attempt.v1.json`, JSON.stringify(attemptSchema)],
    [MODULE, moduleText()],
    [
      'docs/asyncapi.yaml',
      `# ${NOTE.replace('beside it', 'in libs/events/src')}\n${stringify(document(), { lineWidth: 0, aliasDuplicateObjects: false })}`,
    ],
  ];
  return Promise.all(
    files.map(async ([path, text]) => {
      const options = await prettier.resolveConfig(join(root, path));
      return [path, await prettier.format(text, { ...options, filepath: path })];
    }),
  );
};

/** Why the document is not AsyncAPI 3.0; undefined when it is. */
const complaint = () => {
  const require = createRequire(import.meta.url);
  const { default: Ajv } = require('ajv');
  const specs = require('@asyncapi/specs');
  // Names of formats are notes to readers here: nothing that depends on them.
  const ajv = new Ajv({ strict: false, allErrors: false, validateFormats: false });
  const validate = ajv.compile(specs.schemasWithoutId['3.0.0']);
  if (validate(document())) return undefined;
  return `docs/asyncapi.yaml is not AsyncAPI 3.0: ${ajv.errorsText(validate.errors)}`;
};

const files = await wanted();
const names = new Set(files.map(([path]) => basename(path)));
const stale = existsSync(join(root, SCHEMAS))
  ? readdirSync(join(root, SCHEMAS)).filter((name) => !names.has(name))
  : [];
const complaints = [complaint()].filter(Boolean);
if (process.argv.includes('--check')) {
  const old = files.filter(
    ([path, text]) => !existsSync(join(root, path)) || readFileSync(join(root, path), 'utf8') !== text,
  );
  const paths = [...old.map(([path]) => path), ...stale.map((name) => `${SCHEMAS}/${name}`)];
  if (paths.length > 0) complaints.push(`not current: ${paths.join(', ')}; run: node tools/events/generate.mjs`);
} else {
  for (const [path, text] of files) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  // A schema of a version that was ever published stays: whoever removes one does it by hand.
  if (stale.length > 0) console.log(`not of any type any more, left there: ${stale.join(', ')}`);
}
for (const each of complaints) console.log(each);
process.exitCode = complaints.length > 0 ? 1 : 0;
