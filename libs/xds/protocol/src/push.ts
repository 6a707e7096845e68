import { createHash } from 'node:crypto';
import { TYPE_URL, type Resource, type XdsType } from '@thuban/xds-snapshot';
import { bytesField, numberField, stringField } from './wire.js';

/** State of the world or delta: how the client of a stream speaks, for the life of the stream. */
export type Mode = 'sotw' | 'delta';

/** A name and what it stands for now; no resource: there is none of that name. */
export interface Item {
  readonly name: string;
  readonly resource: Resource | undefined;
}

/** One response. Immutable and shared by all streams that are due the same items in the same turn. */
export interface Push {
  /** Undefined: of a type that is not served. */
  readonly type: XdsType | undefined;
  /** Of the whole server, from 1; the nonce is this number as text. */
  readonly sequence: number;
  readonly nonce: string;
  /** Hash of the names and versions in it, of a complete one without what is gone: equal content has an equal version after a restart too (R14). */
  readonly version: string;
  readonly items: readonly Item[];
  /** The encoded DiscoveryResponse or DeltaDiscoveryResponse. */
  readonly bytes: Buffer;
}

/**
 * Makes responses. Its nonces are one sequence for the whole server, so that streams in the same situation share every
 * byte of a message, also those that come to it later. Within a stream each nonce is used once: `after` sees to that.
 */
export interface PushPress {
  /**
   * `complete`: the items are all that a SotW client holds of the type, so absence means deletion (R16).
   * `after`: the sequence of the last response of the type on this stream; what is given has a later one.
   */
  press(mode: Mode, type: XdsType, items: readonly Item[], complete: boolean, after: number): Push;
  /** A delta response that knows none of the names, for a type that is not served (R4). */
  pressUnknown(typeUrl: string, names: readonly string[]): Push;
}

/** Responses that are kept for whoever comes to need the same; when they take more than this all are let go. */
const KEPT_BYTES_MAX = 4 * 1024 * 1024;

export function createPushPress(controlPlane: string): PushPress {
  const identifier = stringField(1, controlPlane); // R9
  const kept = new Map<string, Push>();
  let keptBytes = 0;
  let sequence = 0;
  const make = (
    mode: Mode,
    type: XdsType | undefined,
    typeUrl: string,
    items: readonly Item[],
    complete: boolean,
  ): Push => {
    const nonce = (++sequence).toString(36);
    const version = versionOf(complete ? items.filter(({ resource }) => resource) : items);
    const bytes =
      mode === 'delta'
        ? encodeDelta(typeUrl, items, version, nonce, identifier)
        : encodeSotw(typeUrl, items, complete, version, nonce, identifier);
    return { type, sequence, nonce, version, items, bytes };
  };
  const keep = (situation: string, push: Push) => {
    keptBytes += push.bytes.length + situation.length;
    if (keptBytes > KEPT_BYTES_MAX) {
      kept.clear();
      keptBytes = push.bytes.length + situation.length;
    }
    kept.set(situation, push);
    return push;
  };
  return {
    press(mode, type, items, complete, after) {
      const situation = situationOf(mode, type, items, complete);
      const known = kept.get(situation);
      if (known && known.sequence > after) return known;
      return keep(situation, make(mode, type, TYPE_URL[type], items, complete));
    },
    pressUnknown: (typeUrl, names) =>
      make(
        'delta',
        undefined,
        typeUrl,
        names.map((name) => ({ name, resource: undefined })),
        false,
      ),
  };
}

/** Framed by length, so that no two lists of names and versions share a key. */
function situationOf(mode: Mode, type: XdsType, items: readonly Item[], complete: boolean): string {
  let key = mode === 'delta' ? type : complete ? `all ${type}` : `some ${type}`;
  for (const { name, resource } of items) key += ` ${name.length}:${name}${resource?.version ?? '-'}`;
  return key;
}

/** The hash of what is there; a name that stands for nothing counts too, or two refusals would look the same. */
export function versionOf(items: readonly Item[]): string {
  const hash = createHash('sha256');
  const text = items.map(({ name, resource }) => `${name.length}:${name}${resource?.version ?? '-'}`);
  for (const line of text.sort()) hash.update(line);
  return hash.digest('hex').slice(0, 16);
}

function encodeDelta(typeUrl: string, items: readonly Item[], version: string, nonce: string, identifier: Buffer) {
  const frames = [stringField(1, version)];
  for (const { name, resource } of items) frames.push(resource ? resource.deltaFrame : stringField(6, name));
  return Buffer.concat([...frames, stringField(4, typeUrl), stringField(5, nonce), bytesField(7, identifier)]);
}

function encodeSotw(
  typeUrl: string,
  items: readonly Item[],
  complete: boolean,
  version: string,
  nonce: string,
  identifier: Buffer,
) {
  const frames = [stringField(1, version)];
  for (const { name, resource } of items) {
    if (resource) frames.push(resource.sotwFrame);
    else if (!complete) frames.push(notFoundError(name)); // a complete list says it by absence
  }
  return Buffer.concat([...frames, stringField(4, typeUrl), stringField(5, nonce), bytesField(6, identifier)]);
}

const NOT_FOUND = 5;

/** `DiscoveryResponse.resource_errors` (field 7, cncf/xds TP3): spares the client its wait of 15 s (R18, R60). */
const notFoundError = (name: string): Buffer =>
  bytesField(
    7,
    Buffer.concat([
      bytesField(1, stringField(1, name)),
      bytesField(2, Buffer.concat([numberField(1, NOT_FOUND), stringField(2, `no resource is named ${name}`)])),
    ]),
  );
