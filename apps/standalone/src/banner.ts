import { isLoopback } from '@thuban/nest';

/** What a start tells: where it listens, where the data is, what to try next. */
export interface Started {
  readonly version: string;
  readonly readyMs: number;
  readonly dataDir: string;
  readonly host: string;
  readonly ports: { readonly http: number; readonly sdk: number; readonly xds: number };
  readonly instances: number;
}

const LOCAL: readonly string[] = ['127.0.0.1', 'localhost', '0.0.0.0', '::'];

/** As it stands in a URL. */
const shown = (host: string): string => (LOCAL.includes(host) ? 'localhost' : host.includes(':') ? `[${host}]` : host);

/** The lines that `npm start` ends with. The commands work when pasted into another terminal. */
export const banner = ({ version, readyMs, dataDir, host, ports, instances }: Started): string => {
  const name = shown(host);
  const http = `${name}:${ports.http}`;
  const server = http === 'localhost:8090' ? '' : `THUBANCTL_SERVER=http://${http} `;
  const xdsAt = `${name}:${ports.xds}`;
  const xds = xdsAt === 'localhost:15010' ? '' : ` --xds ${xdsAt}`;
  return `
  thuban ${version}${' '.repeat(Math.max(1, 48 - version.length))}ready in ${(readyMs / 1000).toFixed(1)} s

  HTTP     http://${http}   /v1/openapi.json  /v1/status  /metrics  /readyz
  SDK      ${name}:${ports.sdk}          Polaris SDKs (gRPC)
  xDS      ${xdsAt}         Envoy (ADS, delta and state of the world)
  Data     ${dataDir}   ${instances} instances${isLoopback(host) ? '' : '\n  Warning  open to the network without access control (--insecure-listen)'}

  Try      curl -s ${http}/v1/namespaces/default/services/echo/instances -H 'content-type: application/json' -d '{"host":"127.0.0.1","port":9001}'
           curl -s ${http}/v1/instances
           ${server}npx thubanctl bootstrap envoy --node default/web${xds} > envoy.yaml
`;
};
