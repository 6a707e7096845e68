import type { RegistryEvent } from '@thuban/events';
import type { Recorded } from '@thuban/event-sourcing';

/** The instances that send heartbeats, with the time within which one is expected. */
export interface Watched {
  fold(events: readonly Recorded<RegistryEvent>[]): void;
  /** Seconds, or undefined for an instance that nobody watches. */
  ttlSeconds(namespace: string, service: string, id: string): number | undefined;
  count(): number;
}

const keyOf = (namespace: string, service: string, id: string): string => JSON.stringify([namespace, service, id]);

/** Follows the registry: who is to be watched. */
export const createWatched = (): Watched => {
  const ttls = new Map<string, number>();
  const foldOne = (event: Recorded<RegistryEvent>): void => {
    switch (event.type) {
      case 'InstanceRegistered':
      case 'InstanceChanged': {
        const { namespace, service, id, healthCheck } = event.data;
        if (healthCheck) ttls.set(keyOf(namespace, service, id), healthCheck.ttlSeconds);
        else ttls.delete(keyOf(namespace, service, id));
        return;
      }
      case 'InstanceDeregistered':
        return void ttls.delete(keyOf(event.data.namespace, event.data.service, event.data.id));
      case 'NamespaceCreated':
      case 'NamespaceChanged':
      case 'NamespaceDeleted':
      case 'ServiceCreated':
      case 'ServiceChanged':
      case 'ServiceDeleted':
      case 'AliasCreated':
      case 'AliasDeleted':
    }
  };
  return {
    fold: (events) => events.forEach(foldOne),
    ttlSeconds: (namespace, service, id) => ttls.get(keyOf(namespace, service, id)),
    count: () => ttls.size,
  };
};
