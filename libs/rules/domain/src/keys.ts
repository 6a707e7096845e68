/** Keys of the rules' state: a letter for the kind and the names, joined by line feeds, which no name and no id may hold. */

/** The key of a RouteRuleEntry. */
export const routeRuleKey = (id: string): string => `r\n${id}`;

/** The key of a ServiceRoutingEntry. */
export const serviceRoutingKey = (namespace: string, service: string): string => `s\n${namespace}\n${service}`;

/** The key of a TouchEntry. */
export const touchKey = (namespace: string, service: string): string => `t\n${namespace}\n${service}`;
