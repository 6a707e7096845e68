const IPV4 = /^(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.(?!$)|$)){4}$/;
const GROUP = /^[0-9a-f]{1,4}$/i;

/** Four decimal numbers without leading zeros, as inet_pton(3) reads them. */
export const isIpv4 = (host: string): boolean => IPV4.test(host);

/** RFC 4291 section 2.2, without a zone: `::` at most once, the last 32 bits may be written as IPv4. */
export const isIpv6 = (host: string): boolean => {
  const halves = host.split('::');
  if (halves.length > 2 || !host.includes(':')) return false;
  const groups = halves.flatMap((half) => (half === '' ? [] : half.split(':')));
  const last = groups.at(-1);
  const mapped = last !== undefined && isIpv4(last) && !(halves.length === 2 && halves[1] === '');
  const count = groups.length + (mapped ? 1 : 0);
  if (halves.length === 1 ? count !== 8 : count > 7) return false;
  return (mapped ? groups.slice(0, -1) : groups).every((group) => GROUP.test(group));
};

/** What Envoy takes as `SocketAddress.address` of an EDS endpoint: it resolves no names there and refuses the whole assignment. */
export const isIpAddress = (host: string): boolean => isIpv4(host) || isIpv6(host);
