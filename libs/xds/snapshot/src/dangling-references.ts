import type { NodeFacts, ResourceSource } from './resource.js';

/**
 * Everything that a node's resources name and that does not exist, as `type name (referrer)`: clusters of routes and listeners that the
 * node's wildcard does not hold, assignments of its clusters, routes of its listeners. Empty before anything leaves the house (R42, R46).
 */
export const danglingReferences = (source: ResourceSource, node: NodeFacts): readonly string[] => {
  const viewOf = (type: 'CDS' | 'EDS' | 'LDS' | 'RDS') => source.viewOf(type, node);
  const all = (type: 'CDS' | 'LDS' | 'RDS') =>
    [...source.names(type, viewOf(type))].map((name) => source.get(type, viewOf(type), name) ?? name);
  const clusters = new Set(source.names('CDS', viewOf('CDS')));
  const dangling: string[] = [];

  for (const resource of [...all('LDS'), ...all('RDS'), ...all('CDS')]) {
    if (typeof resource === 'string') {
      dangling.push(`${resource} (listed, not there)`);
      continue;
    }
    const referrer = `(${resource.type} ${resource.name})`;
    for (const name of resource.clusters) if (!clusters.has(name)) dangling.push(`CDS ${name} ${referrer}`);
    for (const name of resource.routes) {
      if (!source.get('RDS', viewOf('RDS'), name)) dangling.push(`RDS ${name} ${referrer}`);
    }
    if (
      resource.type === 'CDS' &&
      resource.name !== 'PassthroughCluster' &&
      !source.get('EDS', viewOf('EDS'), resource.name)
    )
      dangling.push(`EDS ${resource.name} ${referrer}`);
  }
  return dangling;
};
