import { banner, type Started } from './banner.js';

const started: Started = {
  version: '1.2.3',
  readyMs: 912,
  dataDir: '/var/lib/thuban',
  host: '127.0.0.1',
  ports: { http: 8090, sdk: 8091, xds: 15010 },
  instances: 3,
};

describe('banner', () => {
  it('says where everything is', () => {
    const text = banner(started);
    for (const part of [
      'thuban 1.2.3',
      'ready in 0.9 s',
      'http://localhost:8090',
      'localhost:8091',
      'localhost:15010',
      '/var/lib/thuban',
      '3 instances',
    ])
      expect(text).toContain(part);
    expect(text).not.toContain('Warning');
  });

  it('gives commands that fit shifted ports', () => {
    const text = banner({ ...started, ports: { http: 9090, sdk: 9091, xds: 16010 } });
    expect(text).toContain('THUBANCTL_SERVER=http://localhost:9090 npx thubanctl');
    expect(text).toContain('--xds localhost:16010');
  });

  it.each([
    ['10.0.0.5', '10.0.0.5'],
    ['::1', '[::1]'],
  ])('gives commands that fit the address %s', (host, name) => {
    const text = banner({ ...started, host });
    expect(text).toContain(`THUBANCTL_SERVER=http://${name}:8090 npx thubanctl`);
    expect(text).toContain(`--xds ${name}:15010`);
    expect(text).toContain(`curl -s ${name}:8090/v1/instances`);
  });

  it('warns when the network can reach it', () =>
    expect(banner({ ...started, host: '0.0.0.0' })).toContain('--insecure-listen'));
});
