import { streamId } from '@thuban/events';
import type { RulesCommand } from '@thuban/rules-domain';

/** The stream that a command is about, for whoever audits those that were refused. */
export const subjectOf = (command: RulesCommand): string => {
  switch (command.type) {
    case 'CreateRouteRule':
    case 'PutRouteRule':
      return streamId('route-rule', command.rule.id);
    case 'ChangeRouteRule':
    case 'DeleteRouteRule':
      return streamId('route-rule', command.id);
    case 'PutServiceRouting':
      return streamId('service-routing', command.routing.namespace, command.routing.service);
    case 'DeleteServiceRouting':
      return streamId('service-routing', command.namespace, command.service);
  }
};
