import type { Leases } from '@thuban/event-sourcing';
import type { Dialect } from './dialect.js';
import type { Statements } from './statements.js';

const COLUMNS = ['name', 'holder', 'expires_at'];

/** Leases in a table, by the clock of the database: those of the processes may differ. Each statement is a transaction. */
export const leasesOn = ({ query, change }: Statements, { nowMs, insertNew }: Dialect): Leases => ({
  lease: async (name, holder, ttlMs) => {
    const [ttl] = [Math.ceil(ttlMs)];
    const taken = `UPDATE lease SET holder = ?, expires_at = ${nowMs} + ? WHERE name = ? AND (holder = ? OR expires_at <= ${nowMs})`;
    if ((await change(taken, [holder, ttl, name, holder])) === 0)
      await change(insertNew('lease', COLUMNS, ['?', '?', `${nowMs} + ?`]), [name, holder, ttl]);
    const [row] = await query<{ holder: string }>(`SELECT holder FROM lease WHERE name = ? AND expires_at > ${nowMs}`, [
      name,
    ]);
    return row?.holder === holder;
  },
  releaseLease: async (name, holder) => {
    await change('DELETE FROM lease WHERE name = ? AND holder = ?', [name, holder]);
  },
});
