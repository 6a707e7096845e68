import { StartupError } from '@thuban/nest';
import { addressesOf } from './ports.js';
import { SETTINGS, type Settings } from './settings.js';

const defaults = Object.fromEntries(Object.entries(SETTINGS).map(([name, { default: value }]) => [name, value]));
const settings = (changed: Partial<Settings>): Settings => ({ ...(defaults as Settings), ...changed });

describe('addressesOf', () => {
  it('listens on loopback at the ports of Polaris', () =>
    expect(addressesOf(settings({}))).toEqual({ host: '127.0.0.1', http: 8090, sdk: 8091, xds: 15010 }));

  it('shifts every port, but leaves the choice of the system alone', () =>
    expect(addressesOf(settings({ 'port-offset': 1000, 'xds-port': 0 }))).toMatchObject({
      http: 9090,
      sdk: 9091,
      xds: 0,
    }));

  it('refuses an open address unless that is meant', () => {
    expect(() => addressesOf(settings({ listen: '0.0.0.0' }))).toThrow(/--insecure-listen/);
    expect(addressesOf(settings({ listen: '10.0.0.1', 'insecure-listen': true })).host).toBe('10.0.0.1');
  });

  it('opens all interfaces with --insecure-listen alone', () =>
    expect(addressesOf(settings({ 'insecure-listen': true })).host).toBe('0.0.0.0'));

  it('stays on loopback when that is asked for, whatever else is allowed', () =>
    expect(addressesOf(settings({ listen: '127.0.0.1', 'insecure-listen': true })).host).toBe('127.0.0.1'));

  it('names the port that an offset pushes out of range', () => {
    expect(() => addressesOf(settings({ 'xds-port': 60_000, 'port-offset': 6000 }))).toThrow(StartupError);
    expect(() => addressesOf(settings({ 'xds-port': 60_000, 'port-offset': 6000 }))).toThrow(/--xds-port 60000/);
  });
});
