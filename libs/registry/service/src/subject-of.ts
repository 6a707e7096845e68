import { streamId } from '@thuban/events';
import type { InstanceRef, RegistryCommand } from '@thuban/registry-domain';

const instanceSubject = (ref: InstanceRef): string =>
  'namespace' in ref ? streamId('instance', ref.namespace, ref.service, ref.id) : streamId('instance', ref.id);

/** The stream that a command is about, for whoever audits those that were refused. An instance named by its id alone has no more than that. */
export const subjectOf = (command: RegistryCommand): string => {
  switch (command.type) {
    case 'CreateNamespace':
      return streamId('namespace', command.namespace.name);
    case 'ChangeNamespace':
    case 'DeleteNamespace':
      return streamId('namespace', command.name);
    case 'CreateService':
      return streamId('service', command.service.namespace, command.service.name);
    case 'ChangeService':
    case 'DeleteService':
      return streamId('service', command.namespace, command.name);
    case 'CreateAlias':
      return streamId('alias', command.alias.namespace, command.alias.name);
    case 'DeleteAlias':
      return streamId('alias', command.namespace, command.name);
    case 'RegisterInstance':
    case 'CreateInstance':
      return instanceSubject(command.instance);
    case 'ChangeInstance':
    case 'DeregisterInstance':
      return instanceSubject(command.ref);
  }
};
