import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Recorded } from '@thuban/event-sourcing';
import type { DomainEvent, EventMeta } from '@thuban/events';

/** A record as it once stood on a topic, the first of its shard. One for each type and version of event that there ever was. */
export interface GoldenRecord {
  /** The name of the file, for instance `InstanceRegistered.v1`. */
  readonly name: string;
  readonly log: string;
  readonly partition: number;
  readonly key: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: { readonly data: object; readonly meta: EventMeta };
}

const FOLDER = resolve(__dirname, '../../events/golden');

/** All golden files, in the order of their names. They are never changed: what was published once has to be understood for ever. */
export const goldenRecords = (): readonly GoldenRecord[] =>
  readdirSync(FOLDER)
    .sort()
    .map((file) => ({
      name: file.replace(/\.json$/, ''),
      ...(JSON.parse(readFileSync(join(FOLDER, file), 'utf8')) as Omit<GoldenRecord, 'name'>),
    }));

/** The golden records of a log as its events. */
export const goldenEvents = <E extends DomainEvent>(log: string): readonly Recorded<E>[] =>
  goldenRecords()
    .filter((record) => record.log === log)
    .map(({ name, partition, key, headers, body }) => {
      const { ce_time: time = '', commit_id: commitId = '', hash = '' } = headers;
      const event: Recorded = {
        ...{ type: name.split('.')[0] ?? '', ...body, shard: partition, seq: Number(headers['seq']), stream: key },
        ...{ timeMs: Date.parse(time), commitId, hash },
      };
      return event as unknown as Recorded<E>;
    });
