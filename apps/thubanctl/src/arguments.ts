import { InvalidArgumentError } from 'commander';

/** A service by its two names. */
export interface ServiceName {
  readonly namespace: string;
  readonly service: string;
}

/** Parses `namespace/service`. The first slash divides, so a service name may hold slashes itself. */
export const parseServiceName = (text: string): ServiceName => {
  const at = text.indexOf('/');
  if (at <= 0 || at === text.length - 1)
    throw new InvalidArgumentError('Write it as namespace/service, for example default/echo.');
  return { namespace: text.slice(0, at), service: text.slice(at + 1) };
};

/** Where something listens. */
export interface HostPort {
  readonly host: string;
  readonly port: number;
}

/** Parses a whole number within bounds, for commander. */
export const parseInteger =
  (min: number, max: number) =>
  (text: string): number => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || value < min || value > max)
      throw new InvalidArgumentError(`Must be a whole number from ${min} to ${max}.`);
    return value;
  };

export const parsePort = parseInteger(1, 65535);

/** Parses `host:port`; an IPv6 address stands in brackets, `[::1]:8080`. */
export const parseHostPort = (text: string): HostPort => {
  const match = /^(?:\[([^\]]+)\]|([^:[\]\s]+)):(\d+)$/.exec(text);
  const host = match?.[1] ?? match?.[2];
  if (match === null || host === undefined)
    throw new InvalidArgumentError('Write it as host:port, for example 127.0.0.1:8080 or [::1]:8080.');
  return { host, port: parsePort(match[3] ?? '') };
};

/** The inverse of {@link parseHostPort}. */
export const hostPort = ({ host, port }: HostPort): string =>
  host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;

/** Collects `key=value` pairs of an option that may be given many times. Commas do not divide: values may hold them. */
export const collectPairs = (
  text: string,
  before: Readonly<Record<string, string>> | undefined,
): Readonly<Record<string, string>> => {
  const at = text.indexOf('=');
  if (at <= 0) throw new InvalidArgumentError('Write it as key=value.');
  return Object.fromEntries([...Object.entries(before ?? {}), [text.slice(0, at), text.slice(at + 1)]]);
};
