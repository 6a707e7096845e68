import type { Settings } from './settings.js';

/** What a start tells: where it listens, where the data is, what to try next. */
export interface Started {
  readonly version: string;
  readonly readyMs: number;
  readonly dataDir: string;
  readonly host: string;
  readonly ports: { readonly http: number; readonly sdk: number; readonly xds: number };
  readonly instances: number;
  readonly settings: Settings;
}

const shown = (host: string): string => (host === '127.0.0.1' || host === '0.0.0.0' ? 'localhost' : host);

/** The lines that `npm start` ends with. The commands work when pasted into another terminal. */
export const banner = ({ version, readyMs, dataDir, host, ports, instances, settings }: Started): string => {
  const name = shown(host);
  const http = `${name}:${ports.http}`;
  const server = ports.http === 8090 ? '' : `THUBANCTL_SERVER=http://${http} `;
  const xds = ports.xds === 15010 ? '' : ` --xds ${name}:${ports.xds}`;
  return `
  thuban ${version}${' '.repeat(Math.max(1, 48 - version.length))}ready in ${(readyMs / 1000).toFixed(1)} s

  HTTP     http://${http}   /v1/openapi.json  /v1/status  /metrics  /readyz
  SDK      ${name}:${ports.sdk}          Polaris SDKs (gRPC)
  xDS      ${name}:${ports.xds}         Envoy (ADS, delta and state of the world)
  Data     ${dataDir}   ${instances} instances${settings['insecure-listen'] ? '\n  Warning  open to the network without access control (--insecure-listen)' : ''}

  Try      curl -s ${http}/v1/namespaces/default/services/echo/instances -H 'content-type: application/json' -d '{"host":"127.0.0.1","port":9001}'
           curl -s ${http}/v1/instances
           ${server}npx thubanctl bootstrap envoy --node default/web${xds} > envoy.yaml
`;
};
