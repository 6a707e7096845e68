import type { EventMeta } from '@thuban/events';

/**
 * Told of the events that a piece of work begins with, their metas say who caused them; what it returns is told of the end, and of the
 * error if there was one. For whoever records traces: it must not throw.
 */
export type Observe = (events: readonly { readonly meta: EventMeta }[]) => ((error?: unknown) => void) | undefined;

/** Does the work, observed from its beginning to its end. `events` is asked only when somebody observes. */
export const observed = <R>(
  observe: Observe | undefined,
  events: () => Parameters<Observe>[0],
  work: () => Promise<R>,
): Promise<R> => (observe ? observedWork(observe(events()), work) : work());

const observedWork = async <R>(ended: ReturnType<Observe>, work: () => Promise<R>): Promise<R> => {
  try {
    const result = await work();
    ended?.();
    return result;
  } catch (error) {
    ended?.(error);
    throw error;
  }
};
