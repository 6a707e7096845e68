import type { DomainEvent } from '@thuban/events';

/** One of the `of` events that a command of the fault tests writes. */
export interface Part extends DomainEvent {
  readonly type: 'Part';
  readonly data: { readonly id: string; readonly part: number; readonly of: number; readonly padding: string };
}
