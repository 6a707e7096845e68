import { chainHash, GENESIS_HASH } from './chain.js';

const event = {
  log: 'registry',
  shard: 7,
  seq: 42,
  stream: 'instance/default/echo/a%2Fb',
  type: 'InstanceRegistered',
  timeMs: 1_764_028_800_000,
  commitId: '5f0c',
  body: '{"data":{"host":"10.0.0.1","note":"zwölf"},"meta":{"actor":"sdk:10.0.0.9","requestId":"r1"}}',
};

describe('the chain hash (INV-4)', () => {
  // Made with printf and sha256sum. It must never change: stored logs are checked with it.
  it('is the SHA-256 of the previous hash and the fields, a line each', () => {
    expect(chainHash(GENESIS_HASH, event)).toBe('38eab73fed3d26668a2f6028ff5df66e50c51857b05b1d9a0b8662c6a9237b1d');
  });

  it.each(Object.keys(event) as (keyof typeof event)[])('covers %s', (field) => {
    const changed = {
      ...event,
      [field]: typeof event[field] === 'number' ? Number(event[field]) + 1 : `${event[field]} `,
    };
    expect(chainHash(GENESIS_HASH, changed)).not.toBe(chainHash(GENESIS_HASH, event));
  });

  it('covers the previous hash', () => {
    expect(chainHash(chainHash(GENESIS_HASH, event), event)).not.toBe(chainHash(GENESIS_HASH, event));
  });
});
