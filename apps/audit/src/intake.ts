import { chainHash, type Tip } from '@thuban/event-sourcing';
import { parseRecord, type IncomingRecord } from '@thuban/event-log-cluster';
import { schemaProblem } from '@thuban/events';
import { attemptOf } from './attempt-record.js';
import type { AuditStore } from './audit-store.js';
import type { Batch, ChainBreak, KeptEvent, KnownLog, Poison, PoisonReason } from './kept.js';
import type { Source } from './source.js';

/** A log and its topic. */
export interface LogTopic {
  readonly topic: string;
  readonly name: string;
  readonly shards: number;
}

export interface IntakeOptions {
  readonly store: AuditStore;
  readonly source: Source;
  readonly nowMs: () => number;
  /** Told of every break, poison record and new log. */
  readonly onTrouble: (sentence: string) => void;
}

/** Takes what topics and the registry bring, one thing after the other, each event once and in order. */
export interface Intake {
  /**
   * Records of one partition of a log's topic, in order; what is missing before them is read from the registry. All of it and the offset after
   * it are written when this resolves. @throws SourceAway when something has to be asked and cannot; what was taken before it is kept.
   */
  records(topic: LogTopic, partition: number, records: readonly IncomingRecord[]): Promise<void>;
  /** Records of the topic of attempts. */
  attempts(topic: string, partition: number, records: readonly IncomingRecord[]): Promise<void>;
  /** Reads a shard of the log that the registry has now, up to a seq. @throws SourceAway */
  catchUp(log: KnownLog, shard: number, toSeq: number): Promise<void>;
}

interface Pending {
  logs: KnownLog[];
  events: KeptEvent[];
  breaks: ChainBreak[];
  poison: Poison[];
  duplicates: number;
}

const empty = (): Pending => ({ logs: [], events: [], breaks: [], poison: [], duplicates: 0 });

/** Events that wait in memory before they are written, while a gap is read. */
const PENDING_MAX = 5000;
/** The id of the log may be asked for again after this, when a record names one that is not known. */
const ASK_AGAIN_MS = 1000;

const follows = (tip: Tip, event: KeptEvent): boolean =>
  event.seq === tip.seq + 1 && chainHash(tip.hash, event) === event.hash;

/** @example const intake = createIntake({ store, source: httpSource(url), nowMs: Date.now, onTrouble: (sentence) => logger.error(sentence) }); */
export const createIntake = ({ store, source, nowMs, onTrouble }: IntakeOptions): Intake => {
  let pending = empty();
  let tips = new Map<string, Tip>();
  const refusedIds = new Map<string, number>();
  const known = new Map(store.logs().map((log) => [log.id, log]));

  const told = new Set<string>();
  const tell = (topic: string, reason: PoisonReason, what: string): void => {
    if (told.has(`${topic} ${reason}`)) return;
    told.add(`${topic} ${reason}`);
    onTrouble(`records of the topic ${topic} are ${reason} (told once, then counted; see /v1/audit/verify): ${what}`);
  };

  const tipOf = (logId: string, shard: number): Tip => {
    const key = `${logId}/${shard}`;
    const found = tips.get(key) ?? store.tip(logId, shard);
    tips.set(key, found);
    return found;
  };
  const flush = (more: Batch = {}): void => {
    const batch = pending;
    pending = empty();
    store.write({ ...batch, ...more }, nowMs());
  };
  const keep = (event: KeptEvent): void => {
    pending.events.push(event);
    tips.set(`${event.logId}/${event.shard}`, event);
    if (pending.events.length >= PENDING_MAX) flush();
  };
  const broken = (event: KeptEvent, kind: ChainBreak['kind'], why: string): void => {
    const { logId, log, shard, seq } = event;
    pending.breaks.push({ logId, log, shard, seq, kind, why });
    onTrouble(`THE HASH CHAIN IS BROKEN: log "${log}", shard ${shard}, seq ${seq}: ${why}`);
  };
  /** Keeps an event of the log itself: history goes on with it, whether or not it follows. */
  const keepOfLog = (event: KeptEvent): void => {
    const tip = tipOf(event.logId, event.shard);
    if (!follows(tip, event))
      broken(event, 'broken', `its hash does not follow from that of event ${tip.seq} and from what it says`);
    keep(event);
  };

  /** The events of the log, or none when the registry has another log under this name by now. */
  const readLog = async (logId: string, log: string, shard: number, from: number, max: number) => {
    const page = await source.read(log, shard, from, max);
    return page.logId === logId ? page.events : [];
  };
  /** Reads up to and with `toSeq`, or as far as there is something. */
  const fill = async (logId: string, log: string, shard: number, toSeq: number): Promise<void> => {
    for (let { seq } = tipOf(logId, shard); seq < toSeq;) {
      const events = await readLog(logId, log, shard, seq + 1, toSeq - seq);
      for (const event of events) if (event.seq === tipOf(logId, shard).seq + 1) keepOfLog(event);
      const { seq: now } = tipOf(logId, shard);
      if (now === seq) return;
      seq = now;
    }
  };

  /** Whether the registry has, or had, a log with this id. */
  const isKnown = async ({ name }: LogTopic, logId: string): Promise<boolean> => {
    if (known.get(logId)?.name === name) return true;
    const now = nowMs();
    if (now - (refusedIds.get(logId) ?? 0) < ASK_AGAIN_MS) return false;
    const found = (await source.logs()).find((log) => log.name === name && log.id === logId);
    if (found) learn(found);
    else if (refusedIds.size < 1000) refusedIds.set(logId, now);
    return found !== undefined;
  };
  const learn = ({ id, name, shards }: KnownLog): void => {
    if (known.has(id)) return;
    if ([...known.values()].some((log) => log.name === name))
      onTrouble(`the log "${name}" was replaced by another one, ${id}: what is known of the earlier one is kept`);
    known.set(id, { id, name, shards });
    pending.logs.push({ id, name, shards });
  };

  /** A record of an event that is here already: a duplicate, unless it says something else. */
  const compare = async (event: KeptEvent, poisoned: (reason: PoisonReason, why: string) => void): Promise<void> => {
    const { logId, log, shard, seq, hash } = event;
    if (pending.events.length > 0) flush();
    if (store.hashAt(logId, shard, seq) === hash) return void pending.duplicates++;
    const [ofLog] = await readLog(logId, log, shard, seq, 1);
    if (ofLog?.hash !== hash) return poisoned('forged', `event ${seq} is another one in the log`);
    broken(event, 'rewritten', 'the log has another event here than the one that was recorded first');
  };

  const take = async (event: KeptEvent, poisoned: (reason: PoisonReason, why: string) => void): Promise<void> => {
    const { logId, log, shard, seq } = event;
    if (seq <= tipOf(logId, shard).seq) return compare(event, poisoned);
    await fill(logId, log, shard, seq - 1);
    if (follows(tipOf(logId, shard), event)) return keep(event);
    const [ofLog] = await readLog(logId, log, shard, seq, 1);
    if (ofLog?.hash !== event.hash || ofLog.body !== event.body)
      poisoned('forged', `event ${seq} is ${ofLog ? 'another one' : 'not'} in the log`);
    if (ofLog && seq === tipOf(logId, shard).seq + 1) keepOfLog(ofLog);
  };

  const takeRecord = async (topic: LogTopic, partition: number, record: IncomingRecord): Promise<void> => {
    const poisoned = (reason: PoisonReason, why: string): void => {
      pending.poison.push({ topic: topic.topic, partition, offset: record.offset, reason, why });
      tell(topic.topic, reason, `partition ${partition}, offset ${record.offset}: ${why}`);
    };
    const logId = record.headers['log_id'];
    if (logId === undefined) return poisoned('malformed', 'it has no log_id');
    if (!(await isKnown(topic, logId))) return poisoned('foreign', `the registry has no log ${logId}`);
    const parsed = parseRecord({ name: topic.name, id: logId, shards: topic.shards }, partition, record);
    if ('problem' in parsed) return poisoned(parsed.problem, parsed.why);
    const { type, data, meta, shard, seq, stream, timeMs, commitId, hash } = parsed.event;
    const { body } = parsed;
    const event = { logId, log: topic.name, shard, seq, stream, type, timeMs, commitId, hash, body, actor: meta.actor };
    await take({ ...event, requestId: meta.requestId }, poisoned);
    const problem = schemaProblem(topic.name, type, 'v1', { data, meta });
    if (problem !== undefined) poisoned('schema', problem);
  };

  let last: Promise<unknown> = Promise.resolve();
  /** One after the other; after an error everything is known from the file again. */
  const inLane = (work: () => Promise<void>): Promise<void> => {
    const run = async (): Promise<void> => {
      try {
        await work();
      } catch (error) {
        try {
          flush();
        } catch {
          // The disk failed, perhaps not for the first time; what was pending comes again.
        }
        tips = new Map();
        known.clear();
        for (const log of store.logs()) known.set(log.id, log);
        throw error;
      }
    };
    const done = last.then(run);
    last = done.catch(() => undefined);
    return done;
  };
  const nextOf = (topic: string, partition: number, offset: number) => ({
    next: { topic, partition, offset: offset + 1 },
  });

  return {
    records: (topic, partition, records) =>
      inLane(async () => {
        for (const record of records) {
          await takeRecord(topic, partition, record);
          if (record === records.at(-1)) flush(nextOf(topic.topic, partition, record.offset));
        }
      }),
    attempts: (topic, partition, records) =>
      inLane(async () => {
        const attempts = [];
        for (const record of records) {
          const read = attemptOf(record);
          if ('attempt' in read) attempts.push(read);
          else {
            const { offset } = record;
            pending.poison.push({ topic, partition, offset, reason: 'malformed', why: read.why });
            tell(topic, 'malformed', `partition ${partition}, offset ${offset}: ${read.why}`);
          }
        }
        const newest = records.at(-1);
        if (newest) flush({ attempts, ...nextOf(topic, partition, newest.offset) });
      }),
    catchUp: (log, shard, toSeq) =>
      inLane(async () => {
        learn(log);
        await fill(log.id, log.name, shard, toSeq);
        flush();
      }),
  };
};
