// Prints measurements as ranges over several runs, and keeps them for --json.
const number = (value) =>
  value >= 100 ? Math.round(value).toLocaleString('en') : value >= 10 ? value.toFixed(1) : value.toFixed(2);
const range = (samples, key) => {
  const sorted = samples.flatMap((sample) => sample[key] ?? []).sort((a, b) => a - b);
  if (sorted.length === 0) return '';
  const [low, high] = [number(sorted[0]), number(sorted.at(-1))];
  return low === high ? low : `${low}–${high}`;
};
const UNITS = {
  perSecond: '/s',
  p50Ms: ' ms p50',
  p99Ms: ' ms p99',
  cpuUs: ' µs CPU',
  registryUs: ' µs CPU registry',
  mysqlUs: ' µs MySQL',
  kafkaUs: ' µs Kafka',
  xdsPushUs: ' µs xds-push',
  rssMiB: ' MiB',
  restedMiB: ' MiB after 45 s of rest',
  ms: ' ms',
  projectedMs: ' ms until the rows are there',
  kibPerStream: ' KiB/stream',
  allMs: ' ms all',
  cpuMsPerChange: ' ms CPU/change',
};

/** Measurements of one benchmark: `report` prints one, `repeat` takes it `runs` times first; `figures` are all so far. */
export const createReport = (runs) => {
  const figures = [];
  const report = (name, samples) => {
    const text = Object.entries(UNITS)
      .map(([key, unit]) => [range(samples, key), unit])
      .filter(([value]) => value)
      .map(([value, unit]) => value + unit);
    console.log(`${name.padEnd(44)} ${text.join('  ')}`);
    figures.push({ name, samples });
  };
  const repeat = async (name, measure) => {
    const samples = [];
    for (let run = 0; run < runs; run++) samples.push(await measure(run));
    report(name, samples);
  };
  return { figures, report, repeat };
};
