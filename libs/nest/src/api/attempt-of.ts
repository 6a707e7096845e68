import type { Attempt, EventMeta } from '@thuban/events';
import { EDGE } from '../edge.js';
import { problemOf } from '../problem.js';
import { systemClock } from '../system-clock.js';

/** Told of commands that changed nothing, because they were denied, refused or failed. Must not throw. */
export type OnRefused = (attempt: Attempt) => void;

const outcomeOf = (status: number): Attempt['outcome'] => {
  if (status === 401 || status === 403) return 'denied';
  return status >= 500 || status === EDGE.RESOURCE_EXHAUSTED.http ? 'failed' : 'refused';
};

/** A command and why it changed nothing, for whoever audits. An error of ours says no more than the client was told. */
export const attemptOf = (action: string, subject: string | undefined, meta: EventMeta, error: unknown): Attempt => {
  const { actor, requestId, traceparent } = meta;
  const { status, code, detail } = problemOf(error, requestId);
  return {
    time: new Date(systemClock.now()).toISOString(),
    actor,
    requestId,
    action,
    ...(subject !== undefined && { subject }),
    outcome: outcomeOf(status),
    reason: code,
    message: detail,
    ...(traceparent !== undefined && { traceparent }),
  };
};
