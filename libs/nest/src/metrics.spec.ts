import { createMetrics } from './metrics.js';

describe('metrics', () => {
  it('are read when they are scraped', async () => {
    const metrics = createMetrics();
    let streams = 1;
    metrics.gauge('thuban_streams', 'Streams.', () => streams);
    streams = 7;
    expect(await metrics.registry.metrics()).toContain('thuban_streams 7');
  });

  it('show a distribution as a histogram that Prometheus can take quantiles of', async () => {
    const metrics = createMetrics();
    metrics.histogram('thuban_wait_seconds', 'Waits.', () => ({ bounds: [0.1, 1], counts: [2, 3, 1], sum: 4.5 }));
    const text = await metrics.registry.metrics();
    expect(text).toContain('# TYPE thuban_wait_seconds histogram');
    for (const line of ['bucket{le="0.1"} 2', 'bucket{le="1"} 5', 'bucket{le="+Inf"} 6', 'sum 4.5', 'count 6'])
      expect(text).toContain(`thuban_wait_seconds_${line}`);
  });
});
