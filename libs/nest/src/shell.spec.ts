import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createMetrics } from './metrics.js';
import { ensureWritableDirectory, StartupError } from './startup-error.js';
import { systemClock } from './system-clock.js';

describe('ensureWritableDirectory', () => {
  let directory: string;
  beforeEach(() => void (directory = mkdtempSync(join(tmpdir(), 'start-'))));
  afterEach(() => rmSync(directory, { recursive: true }));

  it('creates what is missing', () => {
    const wanted = join(directory, 'a', 'b');
    expect(ensureWritableDirectory(wanted)).toBe(wanted);
    expect(ensureWritableDirectory(wanted)).toBe(wanted);
  });

  it('says in one sentence why a path is no use', () => {
    const path = join(directory, 'file');
    writeFileSync(path, '');
    expect(() => ensureWritableDirectory(join(path, 'x'))).toThrow(StartupError);
    expect(() => ensureWritableDirectory(join(path, 'x'))).toThrow(
      `the data directory ${path}/x cannot be used: a part of the path is a file`,
    );
    expect(() => ensureWritableDirectory(path)).toThrow('it is a file');
  });
});

describe('createMetrics', () => {
  it('reads plain numbers at each scrape', async () => {
    const metrics = createMetrics();
    let streams = 1;
    metrics.gauge('thuban_streams', 'streams', () => streams);
    metrics.counter(
      'thuban_things_total',
      'things',
      () => [
        [{ kind: 'a' }, streams * 10],
        [{ kind: 'b' }, 1],
      ],
      ['kind'],
    );
    await metrics.registry.metrics();
    streams = 2;
    const text = await metrics.registry.metrics();
    expect(text).toContain('\nthuban_streams 2\n');
    expect(text).toContain('\nthuban_things_total{kind="a"} 20\n');
  });
});

describe('systemClock', () => {
  it('wakes at once when the signal aborts', async () => {
    const abort = new AbortController();
    const waited = systemClock.after(60_000, abort.signal);
    abort.abort();
    await waited;
    await systemClock.after(60_000, abort.signal);
    await systemClock.after(1);
  });
});
