import type { Metrics } from '@thuban/nest';
import type { RulesState } from '@thuban/rules-domain';

/** The series of the rules; docs/operations.md lists them. */
export const registerRulesMetrics = (metrics: Metrics, { state }: { readonly state: RulesState }): void => {
  metrics.gauge('thuban_routing_rules', 'Routing rules, disabled ones included.', () => state.counts().routingRules);
  metrics.gauge(
    'thuban_service_routings',
    'Services with a routing of their own.',
    () => state.counts().serviceRoutings,
  );
};
