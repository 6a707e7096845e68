/** The methods of each path, so that a wrong method can be told from a wrong path. */
export interface AllowedMethods {
  /** Notes a route as Fastify registers it: `/v1/namespaces/:namespace`. */
  add(pattern: string, methods: string | readonly string[]): void;
  /** The methods that a path (without its query) can be asked with, in alphabetical order; none when there is no such path. */
  of(path: string): readonly string[];
}

const matches = (pattern: readonly string[], path: readonly string[]): boolean =>
  pattern.length === path.length &&
  pattern.every((part, i) => (part.startsWith(':') ? path[i] !== '' : part === path[i]));

export const createAllowedMethods = (): AllowedMethods => {
  const routes: { readonly pattern: readonly string[]; readonly methods: readonly string[] }[] = [];
  return {
    add: (pattern, methods) => void routes.push({ pattern: pattern.split('/'), methods: [methods].flat() }),
    of: (path) => {
      const parts = path.split('/');
      const found = routes.filter(({ pattern }) => matches(pattern, parts));
      return [...new Set(found.flatMap(({ methods }) => methods))].sort();
    },
  };
};
