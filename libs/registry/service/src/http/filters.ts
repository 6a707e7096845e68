import type { AliasEntry, InstanceEntry, NamespaceEntry, ServiceEntry } from '@thuban/registry-domain';

interface ByName {
  readonly name?: string | undefined;
  readonly namePrefix?: string | undefined;
}
interface ByMetadata {
  /** `key=value` each; all must hold. */
  readonly metadata: readonly string[];
}

/** True when nothing is asked or the value is the one asked for. */
const is = <T>(asked: T | undefined, value: T): boolean => asked === undefined || asked === value;

const named = ({ name, namePrefix = '' }: ByName, value: string): boolean =>
  is(name, value) && value.startsWith(namePrefix);

const carries = ({ metadata }: ByMetadata, value: Readonly<Record<string, string>>): boolean =>
  metadata.every((pair) => {
    const cut = pair.indexOf('=');
    const key = pair.slice(0, cut);
    return Object.hasOwn(value, key) && value[key] === pair.slice(cut + 1);
  });

export const matchesNamespace =
  (query: ByName & ByMetadata) =>
  ({ namespace }: NamespaceEntry): boolean =>
    named(query, namespace.name) && carries(query, namespace.metadata);

export const matchesService =
  (query: ByName & ByMetadata) =>
  ({ service }: ServiceEntry): boolean =>
    named(query, service.name) && carries(query, service.metadata);

export const matchesAlias =
  (query: ByName & { readonly targetNamespace?: string | undefined; readonly targetService?: string | undefined }) =>
  ({ alias }: AliasEntry): boolean =>
    named(query, alias.name) &&
    is(query.targetNamespace, alias.targetNamespace) &&
    is(query.targetService, alias.targetService);

interface InstanceQuery extends ByMetadata {
  readonly host?: string | undefined;
  readonly port?: number | undefined;
  readonly healthy?: boolean | undefined;
  readonly isolated?: boolean | undefined;
  readonly protocol?: string | undefined;
  readonly version?: string | undefined;
}

export const matchesInstance =
  (query: InstanceQuery) =>
  ({ instance }: InstanceEntry): boolean =>
    is(query.host, instance.host) &&
    is(query.port, instance.port) &&
    is(query.healthy, instance.healthy) &&
    is(query.isolated, instance.isolated) &&
    is(query.protocol, instance.protocol) &&
    is(query.version, instance.version) &&
    carries(query, instance.metadata);
