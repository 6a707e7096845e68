import type { Recorded, Tip } from '@thuban/event-sourcing';
import { eventTypesOf, type EventMeta } from '@thuban/events';
import type { IncomingRecord, OutgoingRecord } from './kafka-client.js';

/** Which log a topic carries. */
export interface LogIdentity {
  readonly name: string;
  readonly id: string;
  readonly shards: number;
}

/** Why a record is not an event of the log: `foreign` of another log (a store that was wiped), `unknown` of a newer release, `malformed` anything else. */
export type RecordProblem = 'foreign' | 'unknown' | 'malformed';

/** Why a record is not used. */
export interface Unusable {
  readonly problem: RecordProblem;
  readonly why: string;
}

/** An event, its place in the log's history proven only by the hash chain; or why it is none. */
export type ParsedRecord = { readonly event: Recorded; readonly body: string } | Unusable;

const VERSION = 'v1';
const TYPE = /^dev\.thuban\.([A-Za-z][A-Za-z0-9]*)\.(v\d+)$/;
const HASH = /^[0-9a-f]{64}$/;

/** @example idOf('f00d', 3, 17) // 'f00d/3/17' */
export const idOf = (logId: string, shard: number, seq: number): string => `${logId}/${shard}/${seq}`;

/** An event as it travels: CloudEvents 1.0 attributes as headers (binary mode), the body as the chain hash covers it. */
export const toRecord = (log: LogIdentity, event: Recorded): OutgoingRecord => {
  const { shard, seq, stream, type, timeMs, commitId, hash, data, meta } = event;
  return {
    partition: shard,
    key: stream,
    value: `{"data":${JSON.stringify(data)},"meta":${JSON.stringify(meta)}}`,
    headers: {
      ce_specversion: '1.0',
      ce_id: idOf(log.id, shard, seq),
      ce_source: `/thuban/${log.name}`,
      ce_type: `dev.thuban.${type}.${VERSION}`,
      ce_time: new Date(timeMs).toISOString(),
      ce_subject: stream,
      'content-type': 'application/json',
      seq: String(seq),
      commit_id: commitId,
      hash,
      log_id: log.id,
      actor: meta.actor,
      ...(meta.traceparent !== undefined && { traceparent: meta.traceparent }),
    },
  };
};

const isObject = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const parseBody = (text: string): { readonly data: object; readonly meta: EventMeta } | undefined => {
  try {
    const body = JSON.parse(text) as { readonly data?: unknown; readonly meta?: unknown } | null;
    if (!isObject(body) || !isObject(body.data) || !isObject(body.meta)) return undefined;
    const { actor, requestId } = body.meta as Record<string, unknown>;
    if (typeof actor !== 'string' || typeof requestId !== 'string') return undefined;
    return { data: body.data, meta: body.meta as EventMeta };
  } catch {
    return undefined;
  }
};

const malformed = (why: string): Unusable => ({ problem: 'malformed', why });

const typeOf = (log: LogIdentity, ceType: string | undefined): { readonly type: string } | Unusable => {
  const [, type, version] = TYPE.exec(ceType ?? '') ?? [];
  if (!type) return malformed(`ce_type ${JSON.stringify(ceType)}`);
  if (version !== VERSION) return { problem: 'unknown', why: `version ${ceType}` };
  const known = eventTypesOf(log.name);
  return known && !known.includes(type) ? { problem: 'unknown', why: `type ${ceType}` } : { type };
};

/** Where a record says it stands, with the hash that the log must have there. */
export const placeOf = (
  log: LogIdentity,
  shard: number,
  { headers }: Pick<IncomingRecord, 'headers'>,
): Tip | Unusable => {
  const { log_id: logId, hash, ce_id: id } = headers;
  if (!Number.isInteger(shard) || shard < 0 || shard >= log.shards) return malformed(`partition ${shard}`);
  if (logId === undefined) return malformed('no log_id');
  if (logId !== log.id) return { problem: 'foreign', why: `log_id ${logId}, this log is ${log.id}` };
  const seq = Number(headers['seq']);
  if (!Number.isSafeInteger(seq) || seq < 1 || String(seq) !== headers['seq'])
    return malformed(`seq ${JSON.stringify(headers['seq'])}`);
  if (id !== idOf(logId, shard, seq)) return malformed(`ce_id ${JSON.stringify(id)} at seq ${seq}`);
  if (!hash || !HASH.test(hash)) return malformed(`no hash at seq ${seq}`);
  return { seq, hash };
};

/** Parses a record of the log's topic. Never throws. */
export const parseRecord = (log: LogIdentity, shard: number, record: IncomingRecord): ParsedRecord => {
  const place = placeOf(log, shard, record);
  if ('problem' in place) return place;
  const { commit_id: commitId, ce_subject: stream, ce_time: time, ce_type: ceType } = record.headers;
  if (!commitId || !stream) return malformed('no commit_id or ce_subject');
  const timeMs = Date.parse(time ?? '');
  if (!Number.isSafeInteger(timeMs)) return malformed(`ce_time ${JSON.stringify(time)}`);
  const found = typeOf(log, ceType);
  if ('problem' in found) return found;
  const text = record.value?.toString() ?? '';
  const body = parseBody(text);
  if (!body) return malformed('a body that is not {"data":{…},"meta":{…}}');
  return { event: { type: found.type, ...body, shard, ...place, stream, timeMs, commitId }, body: text };
};
