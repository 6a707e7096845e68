import { parseRouteView } from './views.js';

/** The views of type RDS that are in use, by namespace. */
export interface RouteViews {
  add(view: string): void;
  remove(view: string): void;
  of(namespace: string): ReadonlySet<string>;
}

const NONE: ReadonlySet<string> = new Set();

export const createRouteViews = (): RouteViews => {
  const byNamespace = new Map<string, Set<string>>();
  return {
    add: (view) => {
      const { namespace } = parseRouteView(view);
      byNamespace.set(namespace, (byNamespace.get(namespace) ?? new Set()).add(view));
    },
    remove: (view) => {
      const { namespace } = parseRouteView(view);
      byNamespace.get(namespace)?.delete(view);
      if (byNamespace.get(namespace)?.size === 0) byNamespace.delete(namespace);
    },
    of: (namespace) => byNamespace.get(namespace) ?? NONE,
  };
};
