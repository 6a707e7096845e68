// `npm run test:faults`: the built processes of the cluster on servers of their own, which are killed, stopped and stalled.
//   --short  fewer and shorter faults, as in `npm test`
// Anything else is passed to jest.
import { jestRun } from './jest-run.mjs';

const given = process.argv.slice(2);
const length = given.includes('--short') ? 'short' : 'long';
const forJest = given.filter((argument) => argument !== '--short');
const project = ['-c', 'apps/cluster-faults/jest.config.js', '--runInBand'];
const { passed, failed, skipped, leftOut, ok } = await jestRun([...project, ...forJest], { THUBAN_FAULTS: length });
for (const title of leftOut) console.log(`Left out: ${title}`);
console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
process.exitCode = ok && failed === 0 && passed > 0 ? 0 : 1;
