import { apiOf } from './support/api.js';
import { figure } from './support/figure.js';
import { deltaAnswers, discoverAnswers, sotwAnswers } from './support/raw-answers.js';
import { startThuban, type Thuban } from './support/thuban.js';

const SERVICES = Array.from({ length: 12 }, (_, index) => `service-${index}`);

/** Services of every kind: metadata in no order, places, weight 0, isolated ones, changed ones, and what has gone again. */
const fill = async (thuban: Thuban): Promise<void> => {
  const api = apiOf(thuban.http);
  for (const [index, service] of SERVICES.entries()) {
    for (let port = 9_000; port <= 9_000 + index; port++)
      await api.register(service, {
        host: `10.0.${index}.7`,
        port,
        weight: (port * 7) % 200,
        isolated: port % 5 === 4,
        metadata: { zebra: String(port), alpha: service, '10': 'ten' },
        location: { region: 'north', zone: `zone-${port % 3}`, campus: '' },
      });
    const [first, second] = await api.instances(service);
    if (first) await api.change(service, first.id, { weight: 42 });
    if (second) await api.remove(service, second.id);
  }
};

const answers = async ({ sdk, xds }: Thuban): Promise<object> => ({
  discover: await discoverAnswers(sdk, SERVICES),
  sotw: await sotwAnswers(xds, SERVICES),
  delta: await deltaAnswers(xds, SERVICES),
});

describe('read models are folds of the log', () => {
  let thuban: Thuban;
  beforeAll(async () => {
    thuban = await startThuban();
    await fill(thuban);
  });
  afterAll(() => thuban?.dispose());

  it('INV-5: after a restart every answer is the same bytes', async () => {
    const before = await answers(thuban);
    await thuban.stop();
    figure('restart on its rows', await thuban.start(), 'ms');
    expect(await answers(thuban)).toEqual(before);
  });

  it('INV-5: after the read models were deleted every answer is the same bytes', async () => {
    const before = await answers(thuban);
    await thuban.stop();
    expect(await thuban.dropReadModels()).not.toEqual([]);
    figure('restart without read models', await thuban.start(), 'ms');
    expect(await answers(thuban)).toEqual(before);
  });

  it('INV-1, INV-5: after a kill and the loss of the read models every answer is the same bytes', async () => {
    const before = await answers(thuban);
    await thuban.stop('SIGKILL');
    expect(await thuban.dropReadModels()).not.toEqual([]);
    await thuban.start();
    expect(await answers(thuban)).toEqual(before);
  });
});
