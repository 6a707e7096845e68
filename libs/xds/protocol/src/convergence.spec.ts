import { fromBinary } from '@bufbuild/protobuf';
import fc from 'fast-check';
import { envoy } from '@thuban/proto';
import { memorySource, type MemorySource, type TestContent } from '@thuban/testing';
import { PUSH_ORDER, TYPE_URL, type NodeFacts, type Resource, type XdsType } from '@thuban/xds-snapshot';
import {
  createHub,
  createPushPress,
  openStream,
  PROTOCOL_LIMITS,
  receiveDelta,
  receiveSotw,
  takeResponse,
  type AdsStream,
  type Item,
  type Mode,
  type Push,
} from './index.js';

// Changes, requests, responses and acknowledgements in any order and with any delay between them, against a client that does
// with responses what Envoy does. Whatever happens, the client ends with what the source holds for what it asked for.

const NODE: NodeFacts = {
  id: 'sidecar~a/b~1',
  cluster: '',
  kind: 'sidecar',
  namespace: 'a',
  service: '',
  passthrough: false,
  listenerPort: 15001,
  userAgent: 'envoy',
};

const NAMES = ['a', 'b', 'c', 'd'] as const;

type Step =
  | {
      readonly do: 'change';
      readonly type: XdsType;
      readonly name: string;
      readonly gone: boolean;
      readonly clusters: readonly string[];
    }
  | { readonly do: 'subscribe'; readonly type: XdsType; readonly names: readonly string[] }
  | { readonly do: 'unsubscribe'; readonly type: XdsType; readonly names: readonly string[] }
  | { readonly do: 'flush' | 'toClient' | 'toServer' | 'reconnect' }
  | { readonly do: 'wait'; readonly ms: number };

const anyType = fc.constantFrom(...PUSH_ORDER);
const anyNames = fc.subarray([...NAMES], { minLength: 1 });
const anyStep: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('change' as const),
      type: anyType,
      name: fc.constantFrom(...NAMES),
      gone: fc.boolean(),
      clusters: fc.subarray([...NAMES]),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('subscribe' as const), type: anyType, names: anyNames }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('unsubscribe' as const), type: anyType, names: anyNames }) },
  { weight: 4, arbitrary: fc.constant<Step>({ do: 'flush' }) },
  { weight: 4, arbitrary: fc.constant<Step>({ do: 'toClient' }) },
  { weight: 4, arbitrary: fc.constant<Step>({ do: 'toServer' }) },
  { weight: 1, arbitrary: fc.constant<Step>({ do: 'reconnect' }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.integer({ min: 1, max: 30 }) }) },
);

type Request = {
  readonly type: XdsType;
  readonly subscribe: string[];
  readonly unsubscribe: string[];
  readonly nonce: string;
  readonly error: boolean;
  readonly names: string[];
  readonly initial: Record<string, string>;
};

interface Held {
  readonly version: string;
  readonly serial: number;
}

/** A client and a server with two slow wires between them. */
class World {
  readonly source: MemorySource = memorySource();
  readonly #bad = new Set<string>();
  readonly #routes = new Map<string, readonly string[]>();
  readonly #serialOf = new Map<string, number>();
  readonly #serialSent = new Map<string, number>();
  #serial = 0;
  #nowMs = 1000;
  #stream: AdsStream;
  #touched = false;
  readonly #press = createPushPress('test');
  readonly #hub = createHub(this.source, PROTOCOL_LIMITS, () => (this.#touched = true));
  #toClient: { readonly push: Push; readonly serials: ReadonlyMap<string, number> }[] = [];
  #toServer: Request[] = [];
  // The client
  readonly wanted = new Map<XdsType, Set<string>>();
  readonly held = new Map<XdsType, Map<string, Held>>();
  #opened = new Set<XdsType>();
  #nonces = new Map<XdsType, string>();
  readonly warming = new Set<string>();
  // What the test knows about the stream
  #inFlight = new Map<XdsType, string>();
  #noncesSeen = new Set<string>();
  #refused = new Map<string, string>();
  #ackedClusters = new Set<string>();

  constructor(readonly mode: Mode) {
    this.source.onChange((changes) => {
      this.#hub.changed(changes, this.#nowMs);
    });
    for (const type of PUSH_ORDER) this.held.set(type, new Map());
    this.#stream = openStream(this.#hub, mode, NODE);
  }

  step(step: Step): void {
    switch (step.do) {
      case 'change':
        return this.#change(step);
      case 'subscribe':
        return this.#subscribe(step.type, step.names, []);
      case 'unsubscribe':
        return this.#subscribe(step.type, [], step.names);
      case 'flush':
        return this.#flush();
      case 'toClient':
        return this.#receiveResponse();
      case 'toServer':
        return this.#receiveRequest();
      case 'reconnect':
        return this.#reconnect();
      case 'wait':
        this.#nowMs += step.ms;
        this.#hub.publishDue(this.#nowMs);
    }
  }

  settle(): void {
    let quiet = 0;
    for (let round = 0; round < 2000 && quiet < 6; round++) {
      const before = this.#activity;
      this.#flush();
      while (this.#toClient.length > 0) this.#receiveResponse();
      while (this.#toServer.length > 0) this.#receiveRequest();
      if (this.#activity !== before) {
        quiet = 0;
        continue;
      }
      quiet++;
      this.step({ do: 'wait', ms: 3000 });
    }
    expect(quiet).toBe(6); // no endless exchange (4.3-9)
  }

  #activity = 0;

  #change({ type, name, gone, clusters }: Step & { do: 'change' }): void {
    if (gone) {
      this.source.put([type, name]);
      return;
    }
    const serial = ++this.#serial;
    // Whole SotW responses and clusters that others wait for stay good: one bad resource there is a case of its own.
    const spoiled = serial % 5 === 0 && type === 'EDS';
    const routed = type === 'RDS' || type === 'LDS' ? clusters : [];
    const what: TestContent = { content: `${serial % 5}`, clusters: routed };
    this.source.put([type, name, what]);
    const version = this.source.get(type, '', name)!.version;
    this.#serialOf.set(`${type} ${name} ${version}`, serial);
    this.#routes.set(`${type} ${name} ${version}`, routed);
    if (spoiled) this.#bad.add(`${type} ${name} ${version}`);
  }

  #subscribe(type: XdsType, add: readonly string[], drop: readonly string[]): void {
    const wanted = this.wanted.get(type) ?? new Set();
    this.wanted.set(type, wanted);
    if (!this.#opened.has(type) && add.length === 0) return;
    for (const name of add) wanted.add(name);
    for (const name of drop) {
      if (!wanted.delete(name)) continue;
      this.held.get(type)!.delete(name);
      if (type === 'EDS') this.warming.delete(name);
    }
    this.#send(type, { subscribe: [...add], unsubscribe: [...drop] });
  }

  #send(type: XdsType, more: Partial<Request>): void {
    this.#opened.add(type);
    const nonce = this.mode === 'sotw' ? (this.#nonces.get(type) ?? '') : '';
    const names = [...(this.wanted.get(type) ?? [])];
    this.#toServer.push({ type, subscribe: [], unsubscribe: [], nonce, error: false, names, initial: {}, ...more });
  }

  #receiveRequest(): void {
    const request = this.#toServer.shift();
    if (!request) return;
    this.#activity++;
    const { type, nonce, names } = request;
    if (nonce !== '' && this.#inFlight.get(type) === nonce) this.#inFlight.delete(type);
    const now = { nowMs: this.#nowMs, timeMs: this.#nowMs };
    const errorDetail = request.error ? { code: 3, message: 'bad' } : undefined;
    const common = { typeUrl: TYPE_URL[type], responseNonce: nonce, errorDetail };
    for (const name of [...request.subscribe, ...request.unsubscribe]) this.#refused.delete(`${type} ${name}`);
    if (this.mode === 'sotw') receiveSotw(this.#stream, { ...common, resourceNames: names }, now);
    else
      receiveDelta(
        this.#stream,
        {
          ...common,
          resourceNamesSubscribe: request.subscribe,
          resourceNamesUnsubscribe: request.unsubscribe,
          initialResourceVersions: request.initial,
        },
        now,
      );
    this.#touched = true;
  }

  #flush(): void {
    this.#hub.endTurn();
    if (!this.#touched && this.#stream.wakeAtMs === undefined) return;
    this.#touched = false;
    for (
      let push = takeResponse(this.#stream, this.#press, this.#nowMs);
      push;
      push = takeResponse(this.#stream, this.#press, this.#nowMs)
    ) {
      this.#activity++;
      this.#judge(push);
      this.#toClient.push({
        push,
        serials: new Map(push.items.map((item) => [item.name, this.#serialAsSent(push.type!, item)])),
      });
    }
  }

  /** How new a content is. What a SotW list holds back and sends as it was is no newer than when it was sent last. */
  #serialAsSent(type: XdsType, { name, resource }: Item): number {
    const isNewest = this.#stream.states[type]!.view.published.get(name)?.version === resource?.version;
    const newest = this.#serialOf.get(`${type} ${name} ${resource?.version}`) ?? 0;
    const serial = isNewest ? newest : (this.#serialSent.get(`${type} ${name}`) ?? newest);
    this.#serialSent.set(`${type} ${name}`, serial);
    return serial;
  }

  /** What must hold of every response at the moment it leaves. */
  #judge(push: Push): void {
    const type = push.type!;
    expect(this.#inFlight.has(type)).toBe(false); // one unacknowledged response a type (R54)
    this.#inFlight.set(type, push.nonce);
    expect(this.#noncesSeen.has(push.nonce)).toBe(false); // INV-11: a nonce is used once
    this.#noncesSeen.add(push.nonce);
    const names = push.items.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length); // R17, R32
    for (const { name, resource } of push.items) {
      const key = `${type} ${name}`;
      const held = this.mode === 'sotw' && resource && this.#stream.states[type]!.dirty?.has(name);
      // The newest, when it leaves; by content, because a response that was made before may come to fit again.
      if (!held) expect(resource?.version).toBe(this.#stream.states[type]!.view.published.get(name)?.version);
      if (names.length === 1 && this.#refused.has(key))
        expect(resource?.version ?? '').not.toBe(this.#refused.get(key)); // INV-14
      if (resource && (type === 'RDS' || type === 'LDS')) this.#judgeRoutes(resource);
    }
  }

  /** R43: clusters that exist and are subscribed were acknowledged before their route leaves. */
  #judgeRoutes(resource: Resource): void {
    const cds = this.#stream.states.CDS;
    if (!cds || this.mode === 'sotw') return; // in SotW what waits is sent as it was
    for (const cluster of resource.clusters)
      if (cds.view.published.has(cluster) && cds.subscription.names.has(cluster) && !this.#stream.waived?.has(cluster))
        expect([...this.#ackedClusters]).toContain(cluster);
  }

  #receiveResponse(): void {
    const next = this.#toClient.shift();
    if (!next) return;
    const { push, serials } = next;
    this.#activity++;
    const type = push.type!;
    this.#nonces.set(type, push.nonce);
    const { good, present, removed } =
      this.mode === 'delta' ? this.#readDelta(push, serials) : this.#readSotw(push, serials);
    if (good) {
      for (const [name, held] of present) this.#apply(type, name, held);
      for (const name of removed) this.held.get(type)!.delete(name);
      if (type === 'CDS') this.#noteClusters([...present.keys()], removed);
    } else if (push.items.length === 1) {
      const { name, resource } = push.items[0]!;
      this.#refused.set(`${type} ${name}`, resource?.version ?? '');
    }
    this.#send(type, { nonce: push.nonce, error: !good });
  }

  #noteClusters(present: readonly string[], removed: readonly string[]): void {
    for (const name of present) this.#ackedClusters.add(name);
    for (const name of removed) this.#ackedClusters.delete(name);
  }

  #apply(type: XdsType, name: string, held: Held): void {
    if (!this.wanted.get(type)?.has(name)) return; // unsubscribed while it was on its way
    const before = this.held.get(type)!.get(name);
    expect(held.serial).toBeGreaterThanOrEqual(before?.serial ?? 0); // INV-11
    this.held.get(type)!.set(name, held);
    // Envoy warms an added or changed cluster until endpoints come (R45).
    if (type === 'CDS' && before?.version !== held.version) this.warming.add(name);
    if (type === 'EDS') this.warming.delete(name);
  }

  #readDelta({ bytes, type }: Push, serials: ReadonlyMap<string, number>) {
    const response = fromBinary(envoy.DeltaDiscoveryResponseSchema, bytes);
    expect(response.typeUrl).toBe(TYPE_URL[type!]);
    expect(response.controlPlane?.identifier).toBe('test'); // R9
    const present = new Map<string, Held>();
    for (const { name, version, resource } of response.resources) {
      expect(resource?.typeUrl).toBe(response.typeUrl); // R32
      present.set(name, { version, serial: serials.get(name)! });
    }
    return { good: this.#isGood(type!, present), present, removed: response.removedResources };
  }

  #readSotw({ bytes, type, items }: Push, serials: ReadonlyMap<string, number>) {
    const response = fromBinary(envoy.DiscoveryResponseSchema, bytes);
    const present = new Map<string, Held>();
    const sent = items.filter(({ resource }) => resource);
    expect(response.resources.length).toBe(sent.length);
    for (const { name, resource } of sent)
      present.set(name, { version: resource!.version, serial: serials.get(name)! });
    const complete = type === 'CDS' || type === 'LDS';
    const removed = complete ? [...this.held.get(type!)!.keys()].filter((name) => !present.has(name)) : [];
    return { good: this.#isGood(type!, present), present, removed };
  }

  #isGood = (type: XdsType, present: ReadonlyMap<string, Held>): boolean =>
    [...present].every(([name, { version }]) => !this.#bad.has(`${type} ${name} ${version}`));

  #reconnect(): void {
    [this.#toClient, this.#toServer] = [[], []];
    this.#stream = openStream(this.#hub, this.mode, NODE);
    this.#nonces.clear();
    this.#noncesSeen.clear();
    this.#inFlight.clear();
    this.#refused.clear();
    this.#ackedClusters.clear();
    for (const name of this.held.get('CDS')!.keys()) this.#ackedClusters.add(name);
    for (const type of PUSH_ORDER) {
      const wanted = this.wanted.get(type);
      if (!wanted || wanted.size === 0) {
        this.#opened.delete(type);
        continue;
      }
      const initial = Object.fromEntries([...this.held.get(type)!].map(([name, { version }]) => [name, version]));
      this.#send(type, { subscribe: [...wanted], initial });
    }
  }

  /** INV-10, INV-12. */
  expectConverged(): void {
    for (const type of PUSH_ORDER)
      for (const name of this.wanted.get(type) ?? []) {
        const current = this.source.get(type, '', name);
        if (current && this.#bad.has(`${type} ${name} ${current.version}`)) continue;
        const held = this.held.get(type)!.get(name)?.version;
        // SotW has no word for the removal of endpoints and routes (R16).
        if (!current && this.mode === 'sotw' && (type === 'EDS' || type === 'RDS')) continue;
        expect({ type, name, version: held }).toEqual({ type, name, version: current?.version });
      }
    for (const name of this.warming)
      if (this.wanted.get('EDS')?.has(name) && this.held.get('CDS')?.has(name) && this.source.get('EDS', '', name)) {
        const version = this.source.get('EDS', '', name)!.version;
        if (!this.#bad.has(`EDS ${name} ${version}`)) throw new Error(`cluster ${name} is still warming`); // R45
      }
  }
}

describe.each(['delta', 'sotw'] as const)('%s', (mode) => {
  it(
    'INV-10, INV-11, INV-12, INV-14: any interleaving converges, with nothing old, nothing twice and nothing refused resent',
    () =>
      fc.assert(
        fc.property(fc.array(anyStep, { minLength: 1, maxLength: 120, size: 'max' }), (steps) => {
          const world = new World(mode);
          for (const step of steps) world.step(step);
          world.settle();
          world.expectConverged();
        }),
        { numRuns: 300 },
      ),
    60_000,
  );
});
