import { Controller, Inject } from '@nestjs/common';
import { Input, pageOf, Serves, startOf, type InputOf } from '@thuban/nest';
import { search, type Place } from '../search.js';
import { AUDIT_PARTS, type AuditParts } from './audit-parts.js';
import { OPERATIONS } from './operations.js';
import { lineView, verificationView } from './views.js';

const POISON_SHOWN = 20;

const placeOf = (cursor: string | undefined): Place | undefined => {
  const [timeMs, kind, id] = (startOf(cursor, 3) ?? []).map(Number);
  return timeMs === undefined || kind === undefined || id === undefined ? undefined : { timeMs, kind, id };
};

const msOf = (moment: string | undefined): number | undefined =>
  moment === undefined ? undefined : Date.parse(moment);

@Controller()
export class AuditController {
  readonly #parts: AuditParts;
  constructor(@Inject(AUDIT_PARTS) parts: AuditParts) {
    this.#parts = parts;
  }

  @Serves(OPERATIONS.listAudit)
  list(@Input() { query }: InputOf<typeof OPERATIONS.listAudit>) {
    const { cursor, limit, since, until, ...wanted } = query;
    const times = { sinceMs: msOf(since), untilMs: msOf(until) };
    return pageOf(search(this.#parts.store.db, { ...wanted, ...times }, placeOf(cursor), limit + 1), {
      keyOf: ({ timeMs, kind, id }) => [String(timeMs), String(kind), String(id)],
      matches: () => true,
      view: lineView,
      after: undefined,
      limit,
    });
  }

  @Serves(OPERATIONS.verifyAudit)
  async verify(@Input() _input: unknown) {
    return verificationView(await this.#parts.verified(), this.#parts.store.poison(POISON_SHOWN));
  }
}
