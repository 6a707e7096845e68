import type { Status, StreamItem, StreamType } from './api.js';
import { paint, printable, table } from './table.js';
import type { Column } from './table.js';

/** A duration as its two largest units: `3d 4h`, `5m 2s`, `0s`. */
export const durationText = (seconds: number): string => {
  const whole = Math.floor(seconds);
  const parts = [
    [Math.floor(whole / 86_400), 'd'],
    [Math.floor(whole / 3600) % 24, 'h'],
    [Math.floor(whole / 60) % 60, 'm'],
    [whole % 60, 's'],
  ] as const;
  const first = parts.findIndex(([n]) => n > 0);
  return first < 0
    ? '0s'
    : parts
        .slice(first, first + 2)
        .map(([n, unit]) => `${n}${unit}`)
        .join(' ');
};

interface Row extends StreamType {
  readonly stream: StreamItem;
}

const stateOf = ({ refused, nack, intendedVersion, acknowledgedVersion }: Row): 'refused' | 'level' | 'behind' => {
  if (refused.length > 0 || (nack !== undefined && intendedVersion !== acknowledgedVersion)) return 'refused';
  return intendedVersion === acknowledgedVersion ? 'level' : 'behind';
};

const STATE_PAINT = { refused: 'red', level: 'green', behind: 'yellow' } as const;

const COLUMNS: readonly Column<Row>[] = [
  { title: 'NODE', text: ({ stream }) => stream.nodeId },
  { title: 'CLIENT', text: ({ stream }) => stream.userAgent },
  { title: 'MODE', text: ({ stream }) => stream.mode },
  { title: 'TYPE', text: ({ type }) => type },
  { title: 'NAMES', text: ({ subscribed, wildcard }) => `${subscribed}${wildcard ? '*' : ''}` },
  { title: 'INTENDED', text: ({ intendedVersion }) => intendedVersion },
  { title: 'ACKNOWLEDGED', text: ({ acknowledgedVersion }) => acknowledgedVersion },
  { title: 'STATE', text: stateOf, paint: (row) => STATE_PAINT[stateOf(row)] },
];

const nackLine = ({ stream, type, nack, refused }: Row): string =>
  `  ${printable(stream.nodeId)} ${type}${refused.length > 0 ? ` (${printable(refused.join(', '))})` : ''}: ${printable(nack?.message ?? '')}\n`;

/** `streams` is undefined for a process of the cluster that serves no xDS. */
const streamsText = (streams: readonly StreamItem[] | undefined, colour: boolean): string => {
  if (!streams)
    return 'xDS streams  not of this process: each xds-push tells of its own, as in --server http://127.0.0.1:8094\n';
  if (streams.length === 0)
    return 'xDS streams  none. An Envoy starts with: thubanctl bootstrap envoy --node default/web > envoy.yaml\n';
  const rows = streams.flatMap((stream) => stream.types.map((type): Row => ({ ...type, stream })));
  const nacks = rows.filter(({ nack }) => nack !== undefined);
  return (
    `xDS streams  ${streams.length}\n\n${table(COLUMNS, rows, colour)}` +
    (nacks.length > 0 ? `\n${paint(colour, 'red', 'Last refusals')}\n${nacks.map(nackLine).join('')}` : '')
  );
};

const PROBLEMS_SHOWN = 10;

const problemsText = (problems: NonNullable<Status['sections']['problems']>, colour: boolean): string => {
  if (problems.length === 0) return '';
  const shown = problems
    .slice(0, PROBLEMS_SHOWN)
    .map(({ namespace, text }) => `  ${printable(`${namespace}: ${text}`)}\n`);
  const rest = problems.length - shown.length;
  return (
    `\n${paint(colour, 'yellow', 'What proxies do not get as it was registered')}\n${shown.join('')}` +
    (rest > 0 ? `  and ${rest} more; -o json has all\n` : '')
  );
};

/** What a person wants to know of a server: how much there is, whether projections keep up, each proxy's state, and what goes wrong. */
export const statusText = (status: Status, server: string, colour: boolean): string => {
  const { version, uptimeSeconds, counts, logs, projections, sections } = status;
  const countsText = Object.entries(counts).map(([name, n]) => `${n} ${name}`);
  return [
    `Thuban       ${version} at ${server}, up ${durationText(uptimeSeconds)}`,
    `Registry     ${countsText.join(', ')}`,
    ...logs.map(
      ({ name, id, events, shards, unavailable }) =>
        `Log          ${name}: ${unavailable ?? `${events} events in ${shards} shards`}, id ${id}`,
    ),
    ...projections.map(
      ({ name, lagEvents }) => `Projection   ${name}: ${lagEvents === 0 ? 'caught up' : `${lagEvents} events behind`}`,
    ),
    streamsText(sections.xds?.streams, colour) + problemsText(sections.problems ?? [], colour),
  ].join('\n');
};
