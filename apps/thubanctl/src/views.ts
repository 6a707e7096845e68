import type { InstanceItem, NamespaceItem, RuleItem, ServiceItem } from './api.js';
import { hostPort } from './arguments.js';
import type { View } from './output.js';
import type { Column } from './table.js';

const pairs = (metadata: Readonly<Record<string, string>>): string =>
  Object.entries(metadata)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => `${key}=${value}`)
    .join(',');

const healthOf = ({ healthy, isolated }: InstanceItem): string =>
  isolated ? 'isolated' : healthy ? 'healthy' : 'unhealthy';

const HEALTH_PAINT = { isolated: 'yellow', healthy: 'green', unhealthy: 'red' } as const;

const metadataColumn: Column<{ readonly metadata: Readonly<Record<string, string>> }> = {
  title: 'METADATA',
  text: ({ metadata }) => pairs(metadata),
};

export const NAMESPACE_VIEW: View<NamespaceItem> = {
  columns: [
    { title: 'NAME', text: ({ name }) => name },
    { title: 'SERVICES', text: ({ services }) => String(services) },
    { title: 'COMMENT', text: ({ comment }) => comment },
  ],
  wide: [{ title: 'OWNERS', text: ({ owners }) => owners }, metadataColumn],
  name: ({ name }) => `namespace/${name}`,
  empty: 'There are no namespaces yet.',
};

export const SERVICE_VIEW: View<ServiceItem> = {
  columns: [
    { title: 'NAMESPACE', text: ({ namespace }) => namespace },
    { title: 'NAME', text: ({ name }) => name },
    { title: 'INSTANCES', text: ({ instances }) => String(instances) },
  ],
  wide: [
    { title: 'PORTS', text: ({ ports }) => ports },
    { title: 'BUSINESS', text: ({ business }) => business },
    { title: 'OWNERS', text: ({ owners }) => owners },
    { title: 'COMMENT', text: ({ comment }) => comment },
    metadataColumn,
  ],
  name: ({ namespace, name }) => `service/${namespace}/${name}`,
  empty: 'There are no such services. Register one: thubanctl register default/echo 127.0.0.1:8081',
};

export const INSTANCE_VIEW: View<InstanceItem> = {
  columns: [
    { title: 'NAMESPACE', text: ({ namespace }) => namespace },
    { title: 'SERVICE', text: ({ service }) => service },
    { title: 'ADDRESS', text: hostPort },
    { title: 'WEIGHT', text: ({ weight }) => String(weight) },
    {
      title: 'HEALTH',
      text: healthOf,
      paint: (instance) => HEALTH_PAINT[healthOf(instance) as keyof typeof HEALTH_PAINT],
    },
    { title: 'PROTOCOL', text: ({ protocol }) => protocol },
    { title: 'VERSION', text: ({ version }) => version },
  ],
  wide: [
    { title: 'ID', text: ({ id }) => id },
    { title: 'TTL', text: ({ healthCheck }) => (healthCheck ? `${healthCheck.ttlSeconds}s` : '') },
    {
      title: 'LOCATION',
      text: ({ location }) => [location.region, location.zone, location.campus].filter((part) => part !== '').join('/'),
    },
    metadataColumn,
  ],
  name: ({ namespace, service, id }) => `instance/${namespace}/${service}/${id}`,
  empty: 'There are no such instances. Register one: thubanctl register default/echo 127.0.0.1:8081',
};

interface Place {
  readonly namespace: string;
  readonly service: string;
}

const namesOf = (places: readonly Place[]): string =>
  [...new Set(places.map(({ namespace, service }) => `${namespace}/${service}`))].join(',');

const ANYBODY = { namespace: '*', service: '*' };

/** A branch without sources is for everybody. */
const sourcesOf = ({ branches }: RuleItem): string =>
  namesOf(branches.flatMap(({ sources }): readonly Place[] => (sources.length > 0 ? sources : [ANYBODY])));

export const RULE_VIEW: View<RuleItem> = {
  columns: [
    { title: 'PRIORITY', text: ({ priority }) => String(priority) },
    { title: 'ID', text: ({ id }) => id },
    { title: 'NAME', text: ({ name }) => name },
    {
      title: 'STATE',
      text: ({ enabled }) => (enabled ? 'enabled' : 'disabled'),
      paint: ({ enabled }) => (enabled ? 'green' : 'yellow'),
    },
    { title: 'FROM', text: sourcesOf },
    { title: 'TO', text: ({ branches }) => namesOf(branches.flatMap(({ destinations }) => destinations)) },
  ],
  wide: [
    { title: 'NAMESPACE', text: ({ namespace }) => namespace },
    { title: 'BRANCHES', text: ({ branches }) => String(branches.length) },
    { title: 'CHANGED', text: ({ changedAt }) => changedAt },
    { title: 'DESCRIPTION', text: ({ description }) => description },
    metadataColumn,
  ],
  name: ({ id }) => `rule/${id}`,
  empty: 'There are no such rules. Put one: thubanctl rules put -f rule.yaml',
};
