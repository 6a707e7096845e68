import { createHash } from 'node:crypto';
import { create, toBinary } from '@bufbuild/protobuf';
import { anyPack, type Any } from '@bufbuild/protobuf/wkt';
import { envoy } from '@thuban/proto';

/** The four types of Envoy's configuration, by their discovery services. */
export type TestXdsType = 'CDS' | 'EDS' | 'LDS' | 'RDS';

/** A resource as the protocol wants it: encoded once, with its references. */
export interface TestResource {
  readonly type: TestXdsType;
  readonly name: string;
  readonly version: string;
  readonly bytes: Buffer;
  readonly deltaFrame: Buffer;
  readonly sotwFrame: Buffer;
  readonly clusters: readonly string[];
  readonly routes: readonly string[];
}

/** What may be said about a test resource beside its name. Equal content has an equal version. */
export interface TestContent {
  /** Any text that makes this content different from another. */
  readonly content: string;
  readonly clusters?: readonly string[];
  readonly routes?: readonly string[];
  /** Pads the resource to about this size. */
  readonly bytes?: number;
}

interface TestChange {
  readonly type: TestXdsType;
  readonly view: string;
  readonly names: readonly string[];
}

/** A resource source in memory: what is put is there, and everybody hears of it at once. */
export interface MemorySource {
  viewOf(type: TestXdsType, node: { readonly namespace: string }): string;
  get(type: TestXdsType, view: string, name: string): TestResource | undefined;
  /** Everything that is put is in the wildcard. */
  covers(type: TestXdsType, view: string, name: string): boolean;
  names(type: TestXdsType, view: string): Iterable<string>;
  onChange(listener: (changes: readonly TestChange[]) => void): () => void;
  retain(type: TestXdsType, view: string): void;
  release(type: TestXdsType, view: string): void;
  /** Sets (or, without content, removes) resources of all views, and tells of them in one go. */
  put(...resources: readonly (readonly [TestXdsType, string, (TestContent | string)?])[]): void;
  /** How often each view is in use. */
  readonly retained: ReadonlyMap<string, number>;
}

export function memorySource(): MemorySource {
  const content = new Map<string, Map<string, TestResource>>();
  const retained = new Map<string, number>();
  const listeners = new Set<(changes: readonly TestChange[]) => void>();
  const of = (type: TestXdsType) => {
    let names = content.get(type);
    if (!names) content.set(type, (names = new Map()));
    return names;
  };
  const count = (id: string, by: number) => retained.set(id, (retained.get(id) ?? 0) + by);
  return {
    viewOf: () => '',
    get: (type, _view, name) => of(type).get(name),
    covers: () => true,
    names: (type) => of(type).keys(),
    onChange(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    retain: (type, view) => void count(`${type} ${view}`, 1),
    release: (type, view) => void count(`${type} ${view}`, -1),
    put(...resources) {
      const changes: TestChange[] = [];
      for (const [type, name, what] of resources) {
        if (what === undefined) of(type).delete(name);
        else of(type).set(name, testResource(type, name, typeof what === 'string' ? { content: what } : what));
        changes.push({ type, view: '', names: [name] });
      }
      for (const listener of listeners) listener(changes);
    },
    retained,
  };
}

/** A small real resource of the type: its content is a cluster's alternative stat name, a route's header, … */
export function testResource(type: TestXdsType, name: string, what: TestContent): TestResource {
  const text = what.content.padEnd(what.bytes ?? 0, '.');
  const any = anyOf(type, name, text);
  const bytes = Buffer.from(any.value);
  const version = createHash('sha256').update(`${type} ${name} `).update(bytes).digest('hex').slice(0, 16);
  const asDelta = create(envoy.DeltaDiscoveryResponseSchema, {
    resources: [create(envoy.ResourceSchema, { name, version, resource: any })],
  });
  const asSotw = create(envoy.DiscoveryResponseSchema, { resources: [any] });
  return {
    type,
    name,
    version,
    bytes,
    deltaFrame: Buffer.from(toBinary(envoy.DeltaDiscoveryResponseSchema, asDelta)),
    sotwFrame: Buffer.from(toBinary(envoy.DiscoveryResponseSchema, asSotw)),
    clusters: what.clusters ?? [],
    routes: what.routes ?? [],
  };
}

function anyOf(type: TestXdsType, name: string, text: string): Any {
  switch (type) {
    case 'CDS':
      return anyPack(envoy.ClusterSchema, create(envoy.ClusterSchema, { name, altStatName: text }));
    case 'EDS':
      return anyPack(
        envoy.ClusterLoadAssignmentSchema,
        create(envoy.ClusterLoadAssignmentSchema, { clusterName: name, endpoints: [{ locality: { zone: text } }] }),
      );
    case 'LDS':
      return anyPack(envoy.ListenerSchema, create(envoy.ListenerSchema, { name, statPrefix: text }));
    case 'RDS':
      return anyPack(
        envoy.RouteConfigurationSchema,
        create(envoy.RouteConfigurationSchema, { name, internalOnlyHeaders: [text] }),
      );
  }
}
