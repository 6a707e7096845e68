import type { EventItem } from './api.js';
import { paint, printable } from './table.js';
import type { Paint } from './table.js';

const text = (value: unknown): string => (typeof value === 'string' || typeof value === 'number' ? String(value) : '');

/** What a reader wants of an event's data at a glance. Unknown types, also those of newer servers, say their stream only. */
const summaryOf = ({ type, data }: EventItem): string => {
  switch (type) {
    case 'InstanceRegistered':
    case 'InstanceChanged':
      return (
        `${text(data['host'])}:${text(data['port'])} weight ${text(data['weight'])}` +
        `${data['isolated'] === true ? ' isolated' : ''}${data['healthy'] === false ? ' unhealthy' : ''}`
      );
    case 'AliasCreated':
      return `for ${text(data['targetNamespace'])}/${text(data['targetService'])}`;
    default:
      return '';
  }
};

const paintOf = (type: string): Paint =>
  /(Deleted|Deregistered)$/.test(type) ? 'red' : /(Created|Registered)$/.test(type) ? 'green' : 'yellow';

/** One event as one line: time, shard/seq, type, stream, summary and who caused it. */
export const eventLine = (event: EventItem, colour: boolean): string => {
  const { at, shard, seq, type, stream, meta } = event;
  const summary = summaryOf(event);
  return [
    paint(colour, 'dim', at),
    `${shard}/${seq}`.padEnd(7),
    paint(colour, paintOf(type), printable(type).padEnd(20)),
    printable(stream),
    ...(summary === '' ? [] : [printable(summary)]),
    paint(colour, 'dim', `by ${printable(meta.actor)}`),
  ].join('  ');
};
