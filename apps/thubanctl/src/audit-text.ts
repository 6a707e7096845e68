import type { AuditItem, AuditVerification } from './api.js';
import { paint, printable, type Column } from './table.js';

const DONE = 'committed';

/** The columns of `thubanctl audit`. */
export const AUDIT_COLUMNS: readonly Column<AuditItem>[] = [
  { title: 'TIME', text: ({ at }) => at },
  {
    title: 'OUTCOME',
    text: ({ outcome }) => outcome,
    paint: ({ outcome }) => (outcome === DONE ? 'green' : outcome === 'denied' ? 'red' : 'yellow'),
  },
  { title: 'ACTOR', text: ({ actor }) => actor },
  { title: 'WHAT', text: ({ type }) => type },
  { title: 'ABOUT', text: ({ stream }) => stream ?? '' },
  { title: 'REASON', text: ({ reason }) => reason ?? '' },
];
export const AUDIT_WIDE: readonly Column<AuditItem>[] = [
  { title: 'PLACE', text: ({ log, shard, seq }) => (log === undefined ? '' : `${log}/${shard}/${seq}`) },
  { title: 'REQUEST', text: ({ requestId }) => requestId },
  { title: 'MESSAGE', text: ({ message }) => message ?? '' },
];

const SOURCE = {
  same: 'the registry has the same',
  differs: 'THE REGISTRY HAS ANOTHER HISTORY',
  unknown: 'not compared with the registry',
} as const;

const logLine = ({ name, id, current, events, behind, source }: AuditVerification['logs'][number]): string =>
  [
    `${name} (${printable(id)}${current === false ? ', replaced' : ''}): ${events} events`,
    ...(behind ? [`${behind} more in the registry`] : []),
    SOURCE[source],
  ].join(', ');

const poisonLine = ({ poison, duplicates, attempts }: AuditVerification['counts']): string => {
  const found = Object.entries(poison).filter(([, count]) => count > 0);
  const text = found.map(([reason, count]) => `${count} ${reason}`).join(', ');
  return `${attempts} attempts, ${duplicates} duplicate records, poison records: ${text || 'none'}`;
};

/** A verification as text, the verdict first. */
export const verificationText = (found: AuditVerification, colour: boolean): string => {
  const { ok, logs, breaks, problems, counts } = found;
  const verdict = ok
    ? paint(colour, 'green', 'The hash chain holds.')
    : paint(colour, 'red', 'THE HASH CHAIN IS BROKEN.');
  const brokenLines = breaks.map(
    ({ log, shard, seq, why, foundAt }) =>
      `log "${printable(log)}", shard ${shard}, seq ${seq}: ${printable(why)} (found ${foundAt})`,
  );
  return [verdict, ...brokenLines, ...problems.map(printable), ...logs.map(logLine), poisonLine(counts)]
    .map((line) => `${line}\n`)
    .join('');
};
