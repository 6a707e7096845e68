import { type DescMessage, fromBinary, type MessageShape } from '@bufbuild/protobuf';
import type { EventMeta } from '@thuban/events';
import { CommandRejected } from '@thuban/event-sourcing';
import { attemptOf, type OnRefused } from '@thuban/nest';
import { polaris } from '@thuban/proto';
import {
  findInstance,
  findInstanceId,
  type InstanceAddress,
  type InstanceEntry,
  type Invalid,
  type RegistryCommand,
  type RegistryState,
  validateClientHost,
  validateInstance,
  validateInstanceAddress,
} from '@thuban/registry-domain';
import { type RegistryCommitter, requireNamespace } from '../registry-committer.js';
import { CODE, INFO, refusalOf } from './codes.js';
import { subjectOf } from '../subject-of.js';
import { instanceInput } from './messages.js';
import { responseBytes, type ShownInstance, successBytes } from './response-bytes.js';

/** A Response, encoded, and the code in it. */
export interface Reply {
  readonly code: number;
  readonly bytes: Buffer;
}

/** Who calls, for the events that the call causes. */
export interface Caller {
  readonly address: string;
  meta(): EventMeta;
}

export interface InstanceCallsOptions {
  readonly committer: Pick<RegistryCommitter, 'handleCommand'>;
  readonly state: RegistryState;
  /** Told of errors that are bugs of ours; the client gets 500000. */
  readonly onError: (error: unknown) => void;
  /** Told of commands that changed nothing. */
  readonly onRefused?: OnRefused | undefined;
}

/** The unary calls of v1.PolarisGRPC: bytes of a request in, bytes of a Response out. They never throw; every error is a code. */
export interface InstanceCalls {
  reportClient(bytes: Buffer, caller: Caller): Reply;
  registerInstance(bytes: Buffer, caller: Caller): Promise<Reply>;
  deregisterInstance(bytes: Buffer, caller: Caller): Promise<Reply>;
  heartbeat(bytes: Buffer): Reply;
}

const reply = (code: number, info: string, instance?: ShownInstance): Reply => ({
  code,
  bytes: responseBytes({ code, info, ...(instance && { instance: shown(instance) }) }),
});

const success = (instance: ShownInstance): Reply => ({ code: CODE.SUCCESS, bytes: successBytes(instance) });

const invalid = ({ polarisCode, message }: Invalid): Reply => reply(polarisCode, message);

const decoded = <D extends DescMessage>(schema: D, bytes: Buffer): MessageShape<D> | undefined => {
  try {
    return fromBinary(schema, bytes, { readUnknownFields: false });
  } catch {
    return undefined;
  }
};

const notParsed = (name: string): Reply => reply(CODE.PARSE_ERROR, `the request is no ${name} message`);

/** Names that the client left out stay out. */
const shown = ({ id, namespace, service, vpcId, host, port }: ShownInstance) => ({
  id,
  host,
  port,
  ...(namespace && { namespace }),
  ...(service && { service }),
  ...(vpcId && { vpcId }),
});

/** Builds the calls on the committed state and the committer of the registry log. */
export const createInstanceCalls = ({ committer, state, onError, onRefused }: InstanceCallsOptions): InstanceCalls => {
  const refused = (error: unknown, command: RegistryCommand, meta: EventMeta, instance: ShownInstance): Reply => {
    if (!(error instanceof CommandRejected)) onError(error);
    onRefused?.(attemptOf(command.type, subjectOf(command), meta, error));
    const { code, info } = refusalOf(error);
    return reply(code, info, instance);
  };

  const registerInstance = async (bytes: Buffer, caller: Caller): Promise<Reply> => {
    const message = decoded(polaris.InstanceSchema, bytes);
    if (!message) return notParsed('Instance');
    const read = validateInstance(instanceInput(message));
    if (!read.ok) return invalid(read);
    const meta = caller.meta();
    const command: RegistryCommand = { type: 'RegisterInstance', instance: read.value };
    try {
      const namespace = requireNamespace(committer, state, read.value.namespace, meta);
      await committer.handleCommand(command, { meta });
      await namespace;
      return success(read.value);
    } catch (error) {
      return refused(error, command, meta, read.value);
    }
  };

  const deregisterInstance = async (bytes: Buffer, caller: Caller): Promise<Reply> => {
    const message = decoded(polaris.InstanceSchema, bytes);
    if (!message) return notParsed('Instance');
    const read = validateInstanceAddress(instanceInput(message));
    if (!read.ok) return invalid(read);
    const meta = caller.meta();
    const command: RegistryCommand = { type: 'DeregisterInstance', ref: read.value };
    try {
      await committer.handleCommand(command, { meta });
      return success(read.value);
    } catch (error) {
      return refused(error, command, meta, read.value);
    }
  };

  /** An id alone that several services hold means any of them: a beat for one is a sign of life of the same client. */
  const named = (address: InstanceAddress): InstanceEntry | undefined => {
    const place = 'namespace' in address ? address : findInstanceId(state, address.id);
    return place && findInstance(state, place.namespace, place.service, address.id);
  };

  const heartbeat = (bytes: Buffer): Reply => {
    const message = decoded(polaris.InstanceSchema, bytes);
    if (!message) return notParsed('Instance');
    const read = validateInstanceAddress(instanceInput(message));
    if (!read.ok) return invalid(read);
    const known = named(read.value)?.instance;
    if (!known) return reply(CODE.NOT_FOUND, `instance "${read.value.id}" does not exist`, read.value);
    if (known.healthCheck) return success(known);
    return reply(CODE.HEALTH_CHECK_OFF, `instance "${known.id}" registered without a health check`, known);
  };

  const reportClient = (bytes: Buffer, { address }: Caller): Reply => {
    const message = decoded(polaris.ClientSchema, bytes);
    if (!message) return notParsed('Client');
    const read = validateClientHost(message.host || address);
    if (!read.ok) return invalid(read);
    // polaris-cpp asks again and again unless a location is there; empty strings will do.
    const client = { host: read.value, location: { region: '', zone: '', campus: '' } };
    return { code: CODE.SUCCESS, bytes: responseBytes({ code: CODE.SUCCESS, info: INFO.SUCCESS, client }) };
  };

  return { reportClient, registerInstance, deregisterInstance, heartbeat };
};
