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

interface Candidates {
  /** What stands before the first dot of each of them. */
  readonly label: string;
  readonly legal: readonly string[];
  readonly illegal: readonly string[];
}

/** Every change in a namespace shares its domains out again: the strings are kept with the name, hashed once. */
const candidates = new WeakMap<MeshName, Candidates>();
const candidatesOf = (name: MeshName): Candidates => {
  const known = candidates.get(name);
  if (known) return known;
  const all = domainsOf(name.namespace, name.name);
  const made = {
    label: all[0]!.split('.', 1)[0]!,
    legal: all.filter((domain) => !ILLEGAL.test(domain)),
    illegal: all.filter((domain) => ILLEGAL.test(domain)),
  };
  candidates.set(name, made);
  return made;
};

/** The domains that a name got, and those that it did not get with the reason. */
export interface Claim {
  readonly name: MeshName;
  readonly domains: readonly string[];
  /** Domains that no Host header can hold. */
  readonly illegal: readonly string[];
  readonly taken: readonly { readonly domain: string; readonly owner: MeshName }[];
}

const NONE_TAKEN: Claim['taken'] = [];

/**
 * Shares out the domains of one route configuration, in which each must be unique: the older name wins, the other keeps what is left.
 * `names` oldest first. Equal domains have equal first labels, so a name alone with its label gets all it wants without a look-up of each.
 */
export const claimDomains = (names: readonly MeshName[]): readonly Claim[] => {
  const owners = new Map<string, MeshName>();
  const isTaken = (domain: string): boolean => owners.has(domain);
  const namesWith = new Map<string, number>();
  for (const name of names) {
    const { label } = candidatesOf(name);
    namesWith.set(label, (namesWith.get(label) ?? 0) + 1);
  }
  return names.map((name): Claim => {
    const { label, legal, illegal } = candidatesOf(name);
    if (namesWith.get(label) === 1) return { name, domains: legal, illegal, taken: NONE_TAKEN };
    const domains = legal.filter((domain) => !isTaken(domain));
    const taken = legal.filter(isTaken).map((domain) => ({ domain, owner: owners.get(domain)! }));
    for (const domain of domains) owners.set(domain, name);
    return { name, domains, illegal, taken };
  });
};
