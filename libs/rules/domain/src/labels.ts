import type { RequestMatch } from '@thuban/events';

/** What a request carries in itself, without a key. */
const PLAIN: Readonly<Partial<Record<RequestMatch['type'], string>>> = {
  METHOD: '$method',
  PATH: '$path',
  CALLER_IP: '$caller_ip',
};

/** What a request carries under a key. */
const PREFIX: Readonly<Partial<Record<RequestMatch['type'], string>>> = {
  HEADER: '$header.',
  QUERY: '$query.',
  COOKIE: '$cookie.',
  CALLER_METADATA: '$caller_metadata.',
};

type Labelled = Pick<RequestMatch, 'type' | 'key'>;

/** Whether a match of this type names a key. */
export const hasKey = (type: RequestMatch['type']): boolean => PLAIN[type] === undefined;

/**
 * The label of the first form that stands for what a request carries: SDKs put `$path`, `$method`, `$header.x`, `$query.x`, `$cookie.x`,
 * `$caller_ip` and custom keys among the caller's labels.
 */
export const labelOf = ({ type, key }: Labelled): string => PLAIN[type] ?? `${PREFIX[type] ?? ''}${key}`;

/** The inverse of {@link labelOf}. */
export const requestPartOf = (label: string): Labelled => {
  for (const [type, whole] of Object.entries(PLAIN))
    if (label === whole) return { type: type as RequestMatch['type'], key: '' };
  for (const [type, prefix] of Object.entries(PREFIX))
    if (label.startsWith(prefix)) return { type: type as RequestMatch['type'], key: label.slice(prefix.length) };
  return { type: 'CUSTOM', key: label };
};
