import { startLoad } from './load.js';
import { openTestStore } from './store.js';

/**
 * A process that writes until its standard input ends: `node writer.js <url> <log> <shards> <run> <callers> <parts> [<sabotage>]`.
 * It prints `ready`, and a LoadResult as JSON at the end.
 */
const main = async ([
  url = '',
  name = '',
  shards = '',
  run = '',
  callers = '',
  parts = '',
  sabotage,
]: readonly string[]) => {
  const store = await openTestStore(url, sabotage === undefined ? {} : { sabotage });
  const { log } = await store.log(name, Number(shards));
  const load = await startLoad({ log, run, callers: Number(callers), parts: Number(parts) });
  console.log('ready');
  await new Promise((resolve) => process.stdin.on('end', resolve).resume());
  console.log(JSON.stringify(await load.stop()));
  await store.close();
};

main(process.argv.slice(2)).catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
