import { REGISTRY_LOG } from '@thuban/events';
import { z } from 'zod';
import type { Operation } from './operation.js';
import { paging, text, wholeNumber } from './queries.js';
import * as schemas from './schemas.js';

const MAX_SEQ = Number.MAX_SAFE_INTEGER;

/** What every process serves of `/v1`. */
export const PROCESS_OPERATIONS = {
  listEvents: {
    id: 'listEvents',
    method: 'GET',
    path: '/v1/events',
    summary: 'Events of a log, of one shard or of all, now or as soon as there are some',
    tag: 'events',
    query: z.strictObject({
      log: z.string().default(REGISTRY_LOG).meta({ description: 'name of the log' }),
      shard: wholeNumber(0, 1023).optional(),
      from: wholeNumber(1, MAX_SEQ).optional().meta({ description: 'first seq wanted; needs a shard' }),
      limit: paging.limit,
      cursor: text('`next` or `position` of an answer before').optional(),
      waitMs: wholeNumber(0, 30_000).default(0).meta({ description: 'how long to wait while there is nothing' }),
    }),
    status: 200,
    answer: schemas.EventPage,
  },
  streamEvents: {
    id: 'streamEvents',
    method: 'GET',
    path: '/v1/events/stream',
    tag: 'events',
    summary:
      'Follow a log as server-sent events: data is an Event, id a position to go on from (from or Last-Event-ID)',
    query: z.strictObject({
      log: z.string().default(REGISTRY_LOG).meta({ description: 'name of the log' }),
      from: text('a position, or `start` for the beginning; from now on when absent').optional(),
    }),
    status: 200,
    contentType: 'text/event-stream',
  },
  getStatus: {
    id: 'getStatus',
    method: 'GET',
    path: '/v1/status',
    summary: 'What this process is and how it does',
    tag: 'process',
    status: 200,
    answer: schemas.Status,
  },
  getOpenApi: {
    id: 'getOpenApi',
    method: 'GET',
    path: '/v1/openapi.json',
    summary: 'This document',
    tag: 'process',
    status: 200,
    answer: z.looseObject({}),
  },
} as const satisfies Record<string, Operation>;
