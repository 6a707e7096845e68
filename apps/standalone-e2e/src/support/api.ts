import type { Instance } from '@thuban/events';

/** An event as `/v1/events` lists it; only what the suites look at. */
export interface ListedEvent {
  readonly seq: number;
  readonly shard: number;
  readonly type: string;
  readonly data: Readonly<Record<string, unknown>>;
}

interface Page<T> {
  readonly items: readonly T[];
  readonly next?: string;
}

const call = async (method: string, url: string, body?: object): Promise<unknown> => {
  const headers = { accept: 'application/json', ...(body && { 'content-type': 'application/json' }) };
  const response = await fetch(url, { method, headers, ...(body && { body: JSON.stringify(body) }) });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${url}: ${response.status} ${text}`);
  return text === '' ? undefined : JSON.parse(text);
};

const list = async <T>(url: URL): Promise<readonly T[]> => {
  const items: T[] = [];
  for (;;) {
    const page = (await call('GET', url.href)) as Page<T>;
    items.push(...page.items);
    if (page.next === undefined) return items;
    url.searchParams.set('cursor', page.next);
  }
};

/** The `/v1` API as the suites use it: plain fetch, so that no code of ours stands between. */
export const apiOf = (http: string) => {
  const instances = (service: string): string => `${http}/v1/namespaces/default/services/${service}/instances`;
  return {
    register: (service: string, body: Partial<Instance>): Promise<Instance> =>
      call('POST', instances(service), body) as Promise<Instance>,
    change: (service: string, id: string, body: Partial<Instance>): Promise<Instance> =>
      call('PATCH', `${instances(service)}/${id}`, body) as Promise<Instance>,
    remove: (service: string, id: string): Promise<unknown> => call('DELETE', `${instances(service)}/${id}`),
    instances: (service: string): Promise<readonly Instance[]> => list<Instance>(new URL(instances(service))),
    putRule: (id: string, body: object): Promise<unknown> => call('PUT', `${http}/v1/routing-rules/${id}`, body),
    changeRule: (id: string, body: object): Promise<unknown> => call('PATCH', `${http}/v1/routing-rules/${id}`, body),
    removeRule: (id: string): Promise<unknown> => call('DELETE', `${http}/v1/routing-rules/${id}`),
    putRouting: (service: string, body: object): Promise<unknown> =>
      call('PUT', `${http}/v1/service-routings/default/${service}`, body),
    events: (): Promise<readonly ListedEvent[]> => list<ListedEvent>(new URL(`${http}/v1/events?log=registry`)),
  };
};
