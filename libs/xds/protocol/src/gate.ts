import type { Resource } from '@thuban/xds-snapshot';
import type { AdsStream } from './stream.js';
import type { Item, Push } from './push.js';
import { covers } from './subscription.js';
import { holdingOf, intendedOf, isHolding, wildcardNames, type TypeState } from './type-state.js';

// Make before break (xds_protocol, "Eventual consistency considerations"): a route leaves after the clusters it names, a
// cluster is removed after the routes that named it. Only what this stream subscribes to can be waited for (R43).

/** Whether an item has to wait for what the client has not yet said about another type. Bounded by the caller. */
export function mustWait(stream: AdsStream, state: TypeState, { name, resource }: Item): boolean {
  switch (state.type) {
    case 'LDS':
    case 'RDS':
      return resource !== undefined && blockersOf(stream, resource).length > 0;
    case 'CDS':
      return resource === undefined && isHolding(holdingOf(state, name)) && isRouted(stream, name);
    case 'EDS':
      return resource === undefined && isHolding(holdingOf(state, name)) && holdsCluster(stream, name);
  }
}

/** The clusters that a route or listener names and that the client cannot use yet. */
export function blockersOf(stream: AdsStream, resource: Resource): string[] {
  if (resource.clusters.length === 0) return [];
  const blockers: string[] = [];
  const named = clustersOf(resource);
  for (const name of unreadyClusters(stream)) if (named.has(name)) blockers.push(name);
  return blockers;
}

/**
 * Clusters that exist and are subscribed but not acknowledged (R43), and acknowledged ones whose endpoints have not been
 * sent. They are among the names that differ from what is published, so this costs nothing by cluster.
 */
function* unreadyClusters(stream: AdsStream): Iterable<string> {
  const cds = stream.states.CDS;
  for (const [name, holding] of cds?.confirmed ?? []) {
    if (!cds || !intendedOf(cds, name) || isHolding(holding) || stream.waived?.has(name)) continue;
    yield name;
  }
  for (const name of stream.awaitingEndpoints ?? []) yield name;
}

/** Waiting has taken too long: these clusters hold nothing back any more on this stream. */
export function waive(stream: AdsStream, resource: Resource): void {
  for (const name of blockersOf(stream, resource)) {
    (stream.waived ??= new Set()).add(name);
    stream.awaitingEndpoints?.delete(name);
  }
}

/** R44. */
const isRouted = (stream: AdsStream, cluster: string): boolean =>
  [stream.states.LDS, stream.states.RDS].some((state) => state !== undefined && routesTo(state, cluster));

function routesTo(state: TypeState, cluster: string): boolean {
  for (const name of heldNames(state)) {
    const holding = holdingOf(state, name);
    if (isHolding(holding) && clustersOf(holding).has(cluster)) return true;
  }
  return state.pending?.items.some(({ resource }) => resource && clustersOf(resource).has(cluster)) ?? false;
}

function* heldNames(state: TypeState): Iterable<string> {
  if (state.subscription.wildcard === 'none') yield* state.subscription.names;
  else {
    yield* wildcardNames(state);
    yield* state.confirmed?.keys() ?? [];
  }
}

function holdsCluster(stream: AdsStream, cluster: string): boolean {
  const cds = stream.states.CDS;
  return cds !== undefined && covers(cds.subscription, cluster) && isHolding(holdingOf(cds, cluster));
}

const clusterSets = new WeakMap<Resource, ReadonlySet<string>>();

/** The set of `resource.clusters`, made once per resource, not per stream. */
function clustersOf(resource: Resource): ReadonlySet<string> {
  let set = clusterSets.get(resource);
  if (!set) clusterSets.set(resource, (set = new Set(resource.clusters)));
  return set;
}

/** A cluster that the client does not have yet was sent: its routes wait for its endpoints too, if it asks for endpoints. */
export function awaitEndpoints(stream: AdsStream, cluster: string): void {
  const eds = stream.states.EDS;
  if (!eds || (eds.subscription.names.size === 0 && eds.subscription.wildcard === 'none')) return;
  if (stream.hub.source.get('EDS', eds.view.key, cluster)) (stream.awaitingEndpoints ??= new Set()).add(cluster);
}

export function endpointsSent(stream: AdsStream, push: Push): void {
  if (stream.awaitingEndpoints) for (const { name } of push.items) stream.awaitingEndpoints.delete(name);
}
