import type { Clock } from '@thuban/event-sourcing';
import { createHub, createPushPress, takeResponse, type AdsStream, type Hub, type Push } from '@thuban/xds-protocol';
import type { ResourceSource } from '@thuban/xds-snapshot';
import { createAlarm } from './alarm.js';
import type { Connection } from './connection.js';
import type { ServerLimits } from './limits.js';
import { createPushWatch, type ObservePush } from './push-watch.js';

export interface FanOut {
  readonly hub: Hub;
  /** The stream has asked for or acknowledged something: it is looked at once all readable requests are in (R38). */
  asked(connection: Connection): void;
  /** The stream takes responses again. */
  drained(connection: Connection): void;
  /** Something about the connection has to be looked at again at this time (monotonic). */
  wakeAt(dueMs: number): void;
  forget(connection: Connection): void;
  stop(): void;
}

export interface FanOutOptions {
  readonly resources: ResourceSource;
  readonly clock: Clock;
  readonly afterPoll: (work: () => void) => void;
  readonly limits: ServerLimits;
  readonly controlPlane: string;
  readonly connectionOf: (stream: AdsStream) => Connection | undefined;
  readonly onSent: (push: Push) => void;
  /** Follows changes to the writes. */
  readonly observe?: ObservePush | undefined;
  /** A time given to `wakeAt` has come, or one of a gate. */
  readonly onWake: (nowMs: number) => void;
}

/**
 * Brings changes to the streams: all that is due leaves after the sockets have been read, a chunk of streams at a time, so
 * that requests and acknowledgements are read in between. Streams that have just asked come first (R57).
 */
export function createFanOut(options: FanOutOptions): FanOut {
  const { clock, limits } = options;
  const press = createPushPress(options.controlPlane);
  const [asked, touched] = [new Set<Connection>(), new Set<Connection>()];
  const watch = createPushWatch(options.observe);
  let scheduled = false;
  /** Changes are collected that are not published yet. */
  let collecting = false;
  const hub = createHub(options.resources, limits, (stream) => {
    const connection = options.connectionOf(stream);
    if (connection) touched.add(connection);
  });
  const deadlines = createAlarm(clock, options.onWake);
  const collected = createAlarm(clock, (nowMs) => {
    goOn(hub.publishDue(nowMs));
  });
  const unsubscribe = options.resources.onChange((changes) => {
    watch.changed();
    goOn(hub.changed(changes, clock.monotonic()));
  });

  function goOn(publishMs: number | undefined): void {
    collecting = publishMs !== undefined;
    collected.at(publishMs);
    schedule();
    if (touched.size === 0) watch.served(collecting);
  }

  function schedule(): void {
    if (scheduled || (asked.size === 0 && touched.size === 0)) return;
    scheduled = true;
    options.afterPoll(flush);
  }

  function flush(): void {
    scheduled = false;
    hub.endTurn();
    const nowMs = clock.monotonic();
    let room = limits.flushChunk;
    for (const queue of [asked, touched])
      for (const connection of queue) {
        if (room-- <= 0) return schedule();
        queue.delete(connection);
        const watched = watch.watching() && (queue === touched || touched.has(connection));
        sendWhatIsDue(connection, nowMs, watched);
      }
    watch.served(collecting);
  }

  function sendWhatIsDue(connection: Connection, nowMs: number, watched: boolean): void {
    const { ads, transport } = connection;
    if (!ads || connection.blockedSinceMs !== undefined) return;
    for (let push = takeResponse(ads, press, nowMs); push; push = takeResponse(ads, press, nowMs)) {
      options.onSent(push);
      if (watched) watch.wrote(connection, push);
      if (transport.send(push.bytes)) continue;
      connection.blockedSinceMs = nowMs; // `drained` looks at it again
      return deadlines.at(nowMs + limits.drainMsMax);
    }
    deadlines.at(ads.wakeAtMs);
  }

  const look = (connection: Connection) => {
    asked.add(connection);
    schedule();
  };
  return {
    hub,
    asked: look,
    drained(connection) {
      connection.blockedSinceMs = undefined;
      look(connection);
    },
    wakeAt: (dueMs) => deadlines.at(dueMs),
    forget(connection) {
      asked.delete(connection);
      touched.delete(connection);
    },
    stop() {
      unsubscribe();
      deadlines.stop();
      collected.stop();
    },
  };
}
