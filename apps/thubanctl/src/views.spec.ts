import type { InstanceItem } from './api.js';
import { captureIo } from './capture-io.js';
import { printRows } from './output.js';
import type { Output } from './output.js';
import { INSTANCE_VIEW } from './views.js';

const anInstance = (changes: Partial<InstanceItem> = {}): InstanceItem => ({
  id: 'id-1',
  namespace: 'default',
  service: 'echo',
  vpcId: '',
  host: '10.0.0.7',
  port: 8081,
  protocol: 'http',
  version: '1.0',
  logicSet: '',
  priority: 0,
  weight: 100,
  healthy: true,
  isolated: false,
  location: { region: 'r1', zone: 'z1', campus: '' },
  metadata: { track: 'canary', a: 'b' },
  ...changes,
});

const printed = (output: Output, ...rows: readonly InstanceItem[]) => {
  const io = captureIo();
  printRows(io, output, INSTANCE_VIEW, rows);
  return { out: io.outText(), err: io.errText() };
};

describe('instances', () => {
  it('are a table with what matters first; isolated says more than healthy', () => {
    const rows = [
      anInstance(),
      anInstance({ host: '::1', healthy: false, version: '' }),
      anInstance({ isolated: true, protocol: '' }),
    ];
    expect(printed('table', ...rows).out).toBe(
      [
        'NAMESPACE  SERVICE  ADDRESS        WEIGHT  HEALTH     PROTOCOL  VERSION',
        'default    echo     10.0.0.7:8081  100     healthy    http      1.0',
        'default    echo     [::1]:8081     100     unhealthy  http      -',
        'default    echo     10.0.0.7:8081  100     isolated   -         1.0',
        '',
      ].join('\n'),
    );
  });

  it('show id, heartbeat, place and metadata when wide', () => {
    const wide = printed('wide', anInstance({ healthCheck: { ttlSeconds: 5 } })).out;
    expect(wide).toMatch(/VERSION {2}ID {4}TTL {2}LOCATION {2}METADATA\n/);
    expect(wide).toMatch(/1\.0 {6}id-1 {2}5s {3}r1\/z1 {5}a=b,track=canary\n$/);
  });

  it('are the answer of the API, untouched, as JSON and YAML', () => {
    const row = anInstance();
    expect(JSON.parse(printed('json', row).out)).toEqual([row]);
    expect(printed('yaml', row).out).toContain('- id: id-1\n  namespace: default\n');
    expect(printed('name', row).out).toBe('instance/default/echo/id-1\n');
  });

  it('of which there are none leave stdout empty, or an empty list for programs', () => {
    expect(printed('table')).toEqual({ out: '', err: expect.stringContaining('There are no such instances.') });
    expect(printed('json')).toEqual({ out: '[]\n', err: '' });
    expect(printed('name')).toEqual({ out: '', err: '' });
  });
});
