import type { MeshName } from '@thuban/xds-mesh';

/**
 * The Host headers that mean a service, without ports: the route configuration ignores the port of a request
 * (`ignore_port_in_host_matching`), so `echo` answers `echo:15001` too. Envoy compares in lower case.
 */
export const domainsOf = (namespace: string, name: string): readonly string[] => {
  const short = name.toLowerCase();
  const qualified = `${short}.${namespace.toLowerCase()}`;
  return [short, qualified, `${qualified}.svc`, `${qualified}.svc.cluster`, `${qualified}.svc.cluster.local`];
};

/** In a Host header `:` starts a port and `/` the path; `*` is Envoy's wildcard. No request could carry such a name. */
const ILLEGAL = /[:/*]/;

/** The domains that a name got, and those that it did not get with the reason. */
export interface Claim {
  readonly name: MeshName;
  readonly domains: readonly string[];
  readonly refused: readonly { readonly domain: string; readonly owner?: MeshName }[];
}

/**
 * Shares out the domains of one route configuration, in which each must be unique: the older name wins, the other keeps what is left.
 * `names` oldest first. A refusal without an owner is of a domain that no Host header can hold.
 */
export const claimDomains = (names: readonly MeshName[]): readonly Claim[] => {
  const owners = new Map<string, MeshName>();
  return names.map((name) => {
    const domains: string[] = [];
    const refused: { domain: string; owner?: MeshName }[] = [];
    for (const domain of new Set(domainsOf(name.namespace, name.name))) {
      const owner = owners.get(domain);
      if (ILLEGAL.test(domain)) refused.push({ domain });
      else if (owner) refused.push({ domain, owner });
      else {
        owners.set(domain, name);
        domains.push(domain);
      }
    }
    return { name, domains, refused };
  });
};
