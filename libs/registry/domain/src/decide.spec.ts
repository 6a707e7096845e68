import {
  REGISTRY_SHARDS,
  shardOf,
  type Alias,
  type Instance,
  type Namespace,
  type RegistryEvent,
  type Service,
} from '@thuban/events';
import { CommandRejected, foldInto, type Decided, type Recorded } from '@thuban/event-sourcing';
import type { RegistryCommand } from './commands.js';
import { decide } from './decide.js';
import { evolve } from './evolve.js';
import { createRegistryState } from './registry-state.js';
import { validateAlias, validateInstance, validateNamespace, validateService } from './validate.js';

const valid = <T>(result: { ok: true; value: T } | { ok: false; message: string }): T => {
  if (!result.ok) throw new Error(result.message);
  return result.value;
};
const namespace = (name = 'default'): Namespace => valid(validateNamespace({ name }));
const service = (name = 'echo'): Service => valid(validateService({ namespace: 'default', name }));
const alias = (name = 'e', targetService = 'echo'): Alias =>
  valid(validateAlias({ namespace: 'default', name, targetNamespace: 'default', targetService }));
const instance = (with_: Partial<Instance> = {}): Instance =>
  valid(validateInstance({ id: 'i-1', namespace: 'default', service: 'echo', host: '127.0.0.1', port: 80, ...with_ }));

const NAMESPACE: RegistryEvent = { type: 'NamespaceCreated', data: namespace() };
const SERVICE: RegistryEvent = { type: 'ServiceCreated', data: service() };
const ALIAS: RegistryEvent = { type: 'AliasCreated', data: alias() };
const INSTANCE: RegistryEvent = { type: 'InstanceRegistered', data: instance() };

const given = (...events: RegistryEvent[]) => {
  const state = createRegistryState();
  const recorded = events.map((event, i) => ({ ...event, seq: i + 1, timeMs: 1000 + i }) as Recorded<RegistryEvent>);
  foldInto(state, evolve, recorded);
  const when = (command: RegistryCommand): readonly Decided<RegistryEvent>[] => decide(command, state);
  return {
    then: (command: RegistryCommand, ...expected: RegistryEvent[]) =>
      expect(when(command).map(({ event }) => event)).toEqual(expected),
    refuses: (command: RegistryCommand, code: string, reason: string, field: string) => {
      const decided = () => when(command);
      expect(decided).toThrow(CommandRejected);
      expect(decided).toThrow(expect.objectContaining({ code, reason, field }));
    },
    when,
  };
};

describe('namespaces', () => {
  const create: RegistryCommand = { type: 'CreateNamespace', namespace: namespace(), ifAbsent: false };
  it('are created once', () => {
    given().then(create, NAMESPACE);
    given(NAMESPACE).refuses(create, 'ALREADY_EXISTS', 'NAMESPACE_EXISTS', 'name');
    given(NAMESPACE).then({ ...create, ifAbsent: true });
  });
  it('that are only implied can still be created', () => given(INSTANCE).then(create, NAMESPACE));
  it('change only where something differs', () => {
    const change = (comment: string): RegistryCommand => ({
      type: 'ChangeNamespace',
      name: 'default',
      changes: { comment },
    });
    given(NAMESPACE).then(change('prod'), { type: 'NamespaceChanged', data: { ...namespace(), comment: 'prod' } });
    given(NAMESPACE).then(change(''));
    given().refuses(change('prod'), 'NOT_FOUND', 'NAMESPACE_NOT_FOUND', 'name');
  });
  it('are deleted when nothing is in them', () => {
    const remove: RegistryCommand = { type: 'DeleteNamespace', name: 'default' };
    given(NAMESPACE).then(remove, { type: 'NamespaceDeleted', data: { name: 'default' } });
    given().refuses(remove, 'NOT_FOUND', 'NAMESPACE_NOT_FOUND', 'name');
    given(NAMESPACE, SERVICE).refuses(remove, 'FAILED_PRECONDITION', 'NAMESPACE_HAS_SERVICES', 'name');
    given(NAMESPACE, ALIAS).refuses(remove, 'FAILED_PRECONDITION', 'NAMESPACE_HAS_ALIASES', 'name');
  });
});

describe('services', () => {
  const create: RegistryCommand = { type: 'CreateService', service: service() };
  it('are created in an existing namespace, once, beside the aliases', () => {
    given(NAMESPACE).then(create, SERVICE);
    given().refuses(create, 'NOT_FOUND', 'NAMESPACE_NOT_FOUND', 'namespace');
    given(NAMESPACE, SERVICE).refuses(create, 'ALREADY_EXISTS', 'SERVICE_EXISTS', 'name');
    const named: RegistryCommand = { type: 'CreateService', service: service('e') };
    given(NAMESPACE, SERVICE, ALIAS).refuses(named, 'ALREADY_EXISTS', 'ALIAS_EXISTS', 'name');
  });
  it('change only where something differs', () => {
    const change = (name: string, metadata: Record<string, string>): RegistryCommand => ({
      type: 'ChangeService',
      namespace: 'default',
      name,
      changes: { metadata },
    });
    const changed: RegistryEvent = { type: 'ServiceChanged', data: { ...service(), metadata: { a: 'b' } } };
    given(NAMESPACE, SERVICE).then(change('echo', { a: 'b' }), changed);
    given(NAMESPACE, SERVICE, changed).then(change('echo', { a: 'b' }));
    given(NAMESPACE).refuses(change('echo', {}), 'NOT_FOUND', 'SERVICE_NOT_FOUND', 'name');
    given(NAMESPACE, SERVICE, ALIAS).refuses(change('e', {}), 'FAILED_PRECONDITION', 'NAME_IS_ALIAS', 'name');
  });
  it('are deleted when nothing needs them', () => {
    const remove: RegistryCommand = { type: 'DeleteService', namespace: 'default', name: 'echo' };
    given(SERVICE).then(remove, { type: 'ServiceDeleted', data: { namespace: 'default', name: 'echo' } });
    given().refuses(remove, 'NOT_FOUND', 'SERVICE_NOT_FOUND', 'name');
    given(SERVICE, INSTANCE).refuses(remove, 'FAILED_PRECONDITION', 'SERVICE_HAS_INSTANCES', 'name');
    given(SERVICE, ALIAS).refuses(remove, 'FAILED_PRECONDITION', 'SERVICE_HAS_ALIASES', 'name');
    given(SERVICE, ALIAS).refuses({ ...remove, name: 'e' }, 'FAILED_PRECONDITION', 'NAME_IS_ALIAS', 'name');
  });
});

describe('aliases', () => {
  const create: RegistryCommand = { type: 'CreateAlias', alias: alias() };
  it('name a service, never an alias', () => {
    given(NAMESPACE, SERVICE).then(create, ALIAS);
    given(NAMESPACE).refuses(create, 'NOT_FOUND', 'SERVICE_NOT_FOUND', 'targetService');
    given().refuses(create, 'NOT_FOUND', 'NAMESPACE_NOT_FOUND', 'namespace');
    const second: RegistryCommand = { type: 'CreateAlias', alias: alias('f', 'e') };
    given(NAMESPACE, SERVICE, ALIAS).refuses(second, 'FAILED_PRECONDITION', 'TARGET_IS_ALIAS', 'targetService');
  });
  it('share the names of services, implied ones too', () => {
    given(NAMESPACE, SERVICE, ALIAS).refuses(create, 'ALREADY_EXISTS', 'ALIAS_EXISTS', 'name');
    const own: RegistryCommand = { type: 'CreateAlias', alias: alias('echo') };
    given(NAMESPACE, SERVICE).refuses(own, 'ALREADY_EXISTS', 'SERVICE_EXISTS', 'name');
    given(INSTANCE).refuses(own, 'ALREADY_EXISTS', 'SERVICE_EXISTS', 'name');
  });
  it('are deleted', () => {
    const remove: RegistryCommand = { type: 'DeleteAlias', namespace: 'default', name: 'e' };
    given(SERVICE, ALIAS).then(remove, { type: 'AliasDeleted', data: { namespace: 'default', name: 'e' } });
    given(SERVICE).refuses(remove, 'NOT_FOUND', 'ALIAS_NOT_FOUND', 'name');
  });
});

describe('instances', () => {
  const register = (with_: Partial<Instance> = {}): RegistryCommand => ({
    type: 'RegisterInstance',
    instance: instance(with_),
  });
  const registered = (with_: Partial<Instance> = {}): RegistryEvent => ({
    type: 'InstanceRegistered',
    data: instance(with_),
  });

  it('create their missing service in the same shard, so in the same append', () => {
    given(NAMESPACE).then(register(), SERVICE, INSTANCE);
    const shards = given(NAMESPACE)
      .when(register())
      .map(({ shard }) => shard);
    expect(new Set(shards)).toEqual(new Set([shardOf('default/echo', REGISTRY_SHARDS)]));
    given(NAMESPACE, SERVICE).then(register(), INSTANCE);
  });
  it('that register again with the same content are no event', () => given(SERVICE, INSTANCE).then(register()));
  it('that register again with other content are a new incarnation and stay isolated', () => {
    const isolated: RegistryEvent = { type: 'InstanceChanged', data: instance({ isolated: true }) };
    given(SERVICE, INSTANCE).then(register({ weight: 7 }), registered({ weight: 7 }));
    given(SERVICE, INSTANCE, isolated).then(register({ weight: 7 }), registered({ weight: 7, isolated: true }));
    given(SERVICE, INSTANCE, isolated).then(register());
  });
  it('do not register with an alias', () =>
    given(SERVICE, ALIAS).refuses(register({ service: 'e' }), 'FAILED_PRECONDITION', 'NAME_IS_ALIAS', 'service'));
  it('are created only when their id is new', () => {
    const create: RegistryCommand = { type: 'CreateInstance', instance: instance() };
    given(SERVICE).then(create, INSTANCE);
    given(NAMESPACE).then(create, SERVICE, INSTANCE);
    given(SERVICE, INSTANCE).refuses(create, 'ALREADY_EXISTS', 'INSTANCE_EXISTS', 'id');
  });
  it('change by id alone or with their service', () => {
    const changed: RegistryEvent = { type: 'InstanceChanged', data: instance({ weight: 0 }) };
    const change = (ref: object): RegistryCommand =>
      ({ type: 'ChangeInstance', ref: { id: 'i-1', ...ref }, changes: { weight: 0 } }) as RegistryCommand;
    given(SERVICE, INSTANCE).then(change({}), changed);
    given(SERVICE, INSTANCE).then(change({ namespace: 'default', service: 'echo' }), changed);
    given(SERVICE, INSTANCE, changed).then(change({}));
    given(SERVICE).refuses(change({}), 'NOT_FOUND', 'INSTANCE_NOT_FOUND', 'id');
  });
  it('deregister by id alone or with their service; absent is no event', () => {
    const gone: RegistryEvent = {
      type: 'InstanceDeregistered',
      data: { namespace: 'default', service: 'echo', id: 'i-1' },
    };
    const inEcho: RegistryCommand = {
      type: 'DeregisterInstance',
      ref: { namespace: 'default', service: 'echo', id: 'i-1' },
    };
    given(SERVICE, INSTANCE).then({ type: 'DeregisterInstance', ref: { id: 'i-1' } }, gone);
    given(SERVICE, INSTANCE).then(inEcho, gone);
    given(SERVICE, INSTANCE, gone).then(inEcho);
    given().then({ type: 'DeregisterInstance', ref: { id: 'i-1' } });
  });
  it('that share an id must be named with their service', () => {
    const both = given(INSTANCE, registered({ service: 'other' }));
    const byId: RegistryCommand = { type: 'DeregisterInstance', ref: { id: 'i-1' } };
    both.refuses(byId, 'FAILED_PRECONDITION', 'INSTANCE_ID_AMBIGUOUS', 'id');
    const named: RegistryCommand = {
      type: 'DeregisterInstance',
      ref: { namespace: 'default', service: 'other', id: 'i-1' },
    };
    both.then(named, { type: 'InstanceDeregistered', data: { namespace: 'default', service: 'other', id: 'i-1' } });
  });
});
