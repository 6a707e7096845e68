import type { Instance } from '@thuban/events';
import type { MeshService } from '@thuban/xds-mesh';
import { resourceOf } from './encode-resource.js';
import { endpointFrame, endpointOrder, type Labels, omissionOf, WEIGHT_MAX, weightOf } from './endpoints.js';
import type { Resource } from './resource.js';
import type { Wire } from './wire.js';

/**
 * Endpoints of one place. `header` is field 1 (locality) of LocalityLbEndpoints; `entries` counts who is there, served or not;
 * frames and weight are of the assembly under way.
 */
interface Locality {
  readonly key: string;
  readonly header: Buffer;
  entries: number;
  frames: Buffer[];
  weight: number;
}

interface Entry {
  readonly instance: Instance;
  readonly frame: Buffer;
  readonly locality: Locality;
}

/** The ClusterLoadAssignment of one service, kept as encoded endpoints so that one change encodes one of them. */
export interface Assignment {
  /** Takes a change over and says whether proxies can see it. */
  change(before: Instance | undefined, after: Instance | undefined): boolean;
  /** The resource, assembled when something changed since the last call. Explicitly empty when nobody serves (R46). */
  resource(): Resource;
}

const localityKey = ({ location: { region, zone, campus } }: Instance): string => `${region}\n${zone}\n${campus}`;

/** Always present, even when empty: gRPC clients demand a locality. */
const localityHeader = (wire: Wire, { location }: Instance): Buffer => {
  wire.string(3, location.campus);
  wire.string(2, location.zone);
  wire.string(1, location.region);
  wire.wrap(1, 0);
  return wire.take();
};

/** `labelsFor` answers the labels that an endpoint carries besides its own. */
export const createAssignment = (
  wire: Wire,
  name: string,
  service: MeshService,
  labelsFor: (instance: Instance) => Labels = () => [],
): Assignment => {
  const frameOf = (instance: Instance, weight: number): Buffer =>
    endpointFrame(wire, instance, weight, labelsFor(instance));
  const localities = new Map<string, Locality>();
  const entryOf = (instance: Instance): Entry => {
    const key = localityKey(instance);
    const locality = localities.get(key) ?? {
      key,
      header: localityHeader(wire, instance),
      entries: 0,
      frames: [],
      weight: 0,
    };
    localities.set(key, locality);
    locality.entries++;
    return { instance, frame: frameOf(instance, weightOf(instance)), locality };
  };
  const leave = ({ locality }: Entry): void => {
    if (--locality.entries === 0) localities.delete(locality.key);
  };
  const entries = [...service.endpoints.values()]
    .filter((instance) => omissionOf(instance) === undefined)
    .sort(endpointOrder)
    .map(entryOf);
  let resource: Resource | undefined;

  return {
    change: (before, after) => {
      const added = after && omissionOf(after) === undefined ? entryOf(after) : undefined;
      const at = before ? indexOf(entries, before) : entries.length;
      const removed = before && entries[at]?.instance.id === before.id ? entries[at] : undefined;
      if (removed) leave(removed);
      if (removed && added && sameForProxies(removed, added)) {
        entries[at] = added;
        return false;
      }
      if (removed) entries.splice(at, 1);
      if (added) entries.splice(indexOf(entries, added.instance), 0, added);
      if (removed || added) resource = undefined;
      return removed !== undefined || added !== undefined;
    },
    resource: () => (resource ??= assemble(wire, name, entries, localities, frameOf)),
  };
};

const indexOf = (entries: readonly Entry[], instance: Instance): number => {
  let low = 0;
  let high = entries.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (endpointOrder(entries[middle]!.instance, instance) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
};

const sameForProxies = (a: Entry, b: Entry): boolean =>
  a.locality === b.locality && endpointOrder(a.instance, b.instance) === 0 && a.frame.equals(b.frame);

/** Of instances at one address the first is served: a proxy takes an address once (gRPC clients refuse the assignment otherwise). */
const distinct = (entries: readonly Entry[]): readonly Entry[] =>
  entries.filter(({ instance: { host, port } }, i) => {
    const previous = entries[i - 1]?.instance;
    return previous?.host !== host || previous.port !== port;
  });

/** The weight that goes out. Weights that add up to more than a proxy can hold are scaled down together, none to less than 1. */
const weighing = (entries: readonly Entry[]): ((instance: Instance) => number) => {
  const total = entries.reduce((sum, { instance }) => sum + weightOf(instance), 0);
  if (total <= WEIGHT_MAX) return weightOf;
  const scale = (WEIGHT_MAX - entries.length) / total;
  return (instance) => Math.max(1, Math.floor(weightOf(instance) * scale));
};

const assemble = (
  wire: Wire,
  name: string,
  entries: readonly Entry[],
  localities: Map<string, Locality>,
  frameOf: (instance: Instance, weight: number) => Buffer,
): Resource => {
  for (const locality of localities.values()) Object.assign(locality, { frames: [], weight: 0 });
  const served = distinct(entries);
  const weigh = weighing(served);
  for (const { locality, frame, instance } of served) {
    const weight = weigh(instance);
    locality.frames.push(weigh === weightOf ? frame : frameOf(instance, weight));
    locality.weight += weight;
  }

  const inOrder = [...localities.values()]
    .filter(({ frames }) => frames.length > 0)
    .sort((a, b) => (a.key < b.key ? -1 : 1));
  wire.string(1, name);
  return resourceOf('EDS', name, [wire.take(), ...inOrder.flatMap((locality) => localityPieces(wire, locality))]);
};

/** LocalityLbEndpoints as field 2 of a ClusterLoadAssignment. Its weight is that of its endpoints, so that weights hold across localities. */
const localityPieces = (wire: Wire, { header, frames, weight }: Locality): readonly Buffer[] => {
  wire.uint(1, weight);
  wire.wrap(3, 0);
  const weightField = wire.take();
  wire.header(
    2,
    frames.reduce((sum, { length }) => sum + length, header.length + weightField.length),
  );
  return [wire.take(), header, ...frames, weightField];
};
