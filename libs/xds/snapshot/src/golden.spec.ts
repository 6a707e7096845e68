import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { decoded } from './fixtures/decoded.js';
import { aNode, eventOf, resourcesOf, type Scenario } from './fixtures/scenario.js';
import { danglingReferences, PUSH_ORDER, type NodeFacts, type Resources } from './index.js';

const TESTDATA = join(__dirname, '../testdata');
const REWRITE = process.env['GOLDEN'] === '1';
const HOW =
  'To accept the new output: GOLDEN=1 npx jest -c libs/xds/snapshot/jest.config.js golden, then review the diff.';

/** Everything that a node gets by wildcard, and what that refers to. */
const seenBy = (resources: Resources, node: NodeFacts) =>
  Object.fromEntries(
    PUSH_ORDER.map((type) => [
      type,
      [...resources.names(type, resources.viewOf(type, node))]
        .filter((name) => type !== 'EDS' || [...resources.names('CDS', resources.viewOf('CDS', node))].includes(name))
        .map((name) => resources.get(type, resources.viewOf(type, node), name)!)
        .map((resource) => ({ version: resource.version, resource: decoded(resource) })),
    ]),
  );

const cases = readdirSync(TESTDATA)
  .filter((file) => file.endsWith('.in.yaml'))
  .map((file) => file.slice(0, -'.in.yaml'.length));

describe('golden files', () => {
  it.each(cases)('%s', (name) => {
    const { events, nodes } = parse(readFileSync(join(TESTDATA, `${name}.in.yaml`), 'utf8')) as Scenario;
    const resources = resourcesOf(...events.map(eventOf));
    for (const node of nodes) expect(danglingReferences(resources, aNode(node))).toEqual([]);

    const output = stringify(
      {
        nodes: nodes.map((node) => ({ node, ...seenBy(resources, aNode(node)) })),
        problems: resources.problems().map(({ kind, text }) => ({ kind, text })),
      },
      { lineWidth: 0, aliasDuplicateObjects: false },
    );
    const file = join(TESTDATA, `${name}.out.yaml`);
    if (REWRITE) writeFileSync(file, output);
    const expected = readFileSync(file, 'utf8');
    if (output !== expected) console.error(HOW);
    expect(output).toBe(expected);
  });
});
