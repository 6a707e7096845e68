import { apiQueries, type Operation } from '@thuban/nest';
import { z } from 'zod';
import * as schemas from './schemas.js';

const { paging, text } = apiQueries;

/** Every operation of the audit. */
export const OPERATIONS = {
  listAudit: {
    id: 'listAudit',
    method: 'GET',
    path: '/v1/audit',
    summary: 'Who changed what, and what was attempted in vain; newest first',
    tag: 'audit',
    query: z.strictObject({
      ...paging,
      actor: text('only of this actor').optional(),
      stream: text('only about this stream').optional(),
      type: text('only events of this type, or attempts of this command').optional(),
      requestId: text('only of this request').optional(),
      outcome: z.enum(schemas.OUTCOMES).optional(),
      since: schemas.moment('only at this time or later').optional(),
      until: schemas.moment('only before this time').optional(),
    }),
    status: 200,
    answer: schemas.AuditPage,
  },
  verifyAudit: {
    id: 'verifyAudit',
    method: 'GET',
    path: '/v1/audit/verify',
    summary: 'Hash all that is kept again, and compare it with the log of the registry',
    tag: 'audit',
    status: 200,
    answer: schemas.Verification,
  },
} as const satisfies Record<string, Operation>;
