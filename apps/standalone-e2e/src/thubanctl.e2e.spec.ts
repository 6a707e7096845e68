import { runChild, startChild } from './support/child.js';
import { startEnvoy } from './support/envoy.js';
import { eventually } from './support/eventually.js';
import { startThuban, type Thuban } from './support/thuban.js';
import { describeWith } from './support/tools.js';

const PROGRAM = 'apps/thubanctl/bin/thubanctl.js';

let thuban: Thuban;
beforeAll(async () => {
  thuban = await startThuban();
});
afterAll(() => thuban?.dispose());

const thubanctl = (...args: readonly string[]) =>
  runChild(process.execPath, [PROGRAM, '--server', thuban.http, ...args]);

const done = async (...args: readonly string[]): Promise<string> => {
  const { code, output } = await thubanctl(...args);
  expect({ args, code, output: code === 0 ? '' : output }).toEqual({ args, code: 0, output: '' });
  return output;
};

describe('thubanctl against a running Thuban', () => {
  it('follows what it registers and deregisters', async () => {
    const follower = startChild(process.execPath, [PROGRAM, '--server', thuban.http, 'events', '--follow']);
    await done('register', 'default/echo', '127.0.0.1:9001', '--weight', '90', '--meta', 'color=blue');
    await eventually(() => expect(follower.output()).toContain('InstanceRegistered'));
    expect(JSON.parse(await done('get', 'instances', 'default/echo', '-o', 'json'))).toEqual([
      expect.objectContaining({ host: '127.0.0.1', port: 9001, weight: 90, metadata: { color: 'blue' } }),
    ]);
    expect(await done('get', 'services')).toContain('echo');
    await done('deregister', 'default/echo', '127.0.0.1:9001');
    await eventually(() => expect(follower.output()).toContain('InstanceDeregistered'));
    await follower.stop('SIGINT');
    expect(await done('events')).toContain('InstanceDeregistered');
    expect(JSON.parse(await done('get', 'instances', '-o', 'json'))).toEqual([]);
  });

  it('says in one sentence what was refused, with a code of its own', async () => {
    const missing = await thubanctl('deregister', 'default/echo', '127.0.0.1:1');
    expect(missing).toMatchObject({ code: 1, output: expect.stringContaining('default/echo') });
    const refused = await thubanctl('register', `default/${'x'.repeat(200)}`, '127.0.0.1:9001');
    expect(refused.code).toBe(6);
    const nobody = await runChild(process.execPath, [PROGRAM, '--server', 'http://127.0.0.1:1', 'get', 'services']);
    expect(nobody).toMatchObject({ code: 5, output: expect.stringContaining('127.0.0.1:1') });
  });
});

describeWith(['envoy'], 'thubanctl status with a connected Envoy', () => {
  it('shows the stream of the node as converged', async () => {
    await done('register', 'default/echo', '127.0.0.1:9001');
    const envoy = await startEnvoy(thuban.xds, 'delta');
    await eventually(async () => expect(await envoy.endpoints('OUTBOUND|default|echo')).toHaveLength(1));
    // The last --server counts.
    expect(await done('status', '--server', thuban.xdsStatus)).toContain('default/web');
    await envoy.stop();
  });
});
