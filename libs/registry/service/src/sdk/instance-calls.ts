import {
  create,
  type DescMessage,
  fromBinary,
  type MessageInitShape,
  type MessageShape,
  toBinary,
} from '@bufbuild/protobuf';
import type { EventMeta, RegistryEvent } from '@thuban/events';
import { type Committer, CommandRejected } from '@thuban/event-sourcing';
import { polaris } from '@thuban/proto';
import {
  findInstance,
  findInstanceId,
  findNamespace,
  type InstanceAddress,
  type InstanceEntry,
  type Invalid,
  type RegistryCommand,
  type RegistryEntry,
  type RegistryState,
  undescribedNamespace,
  validateClientHost,
  validateInstance,
  validateInstanceAddress,
} from '@thuban/registry-domain';
import { CODE, INFO, refusalOf } from './codes.js';
import { instanceInput } from './messages.js';

/** The only way to the registry log. */
export type RegistryCommitter = Committer<RegistryCommand, RegistryEvent, RegistryEntry>;

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
}

/** The unary calls of v1.PolarisGRPC: bytes of a request in, bytes of a Response out. They never throw; every error is a code. */
export interface InstanceCalls {
  reportClient(bytes: Buffer, caller: Caller): Reply;
  registerInstance(bytes: Buffer, caller: Caller): Promise<Reply>;
  deregisterInstance(bytes: Buffer, caller: Caller): Promise<Reply>;
  heartbeat(bytes: Buffer): Reply;
}

type Shown = MessageInitShape<typeof polaris.ResponseSchema>;

const reply = (code: number, info: string, shown: Shown = {}): Reply => {
  const bytes = toBinary(polaris.ResponseSchema, create(polaris.ResponseSchema, { ...shown, code, info }));
  return { code, bytes: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength) };
};

const invalid = ({ polarisCode, message }: Invalid): Reply => reply(polarisCode, message);

const decoded = <D extends DescMessage>(schema: D, bytes: Buffer): MessageShape<D> | undefined => {
  try {
    return fromBinary(schema, bytes, { readUnknownFields: false });
  } catch {
    return undefined;
  }
};

const notParsed = (name: string): Reply => reply(CODE.PARSE_ERROR, `the request is no ${name} message`);

/** What replies say about an instance. */
const shownInstance = (of: InstanceAddress & { readonly vpcId?: string }): Shown => ({
  instance: {
    id: of.id,
    host: of.host,
    port: of.port,
    ...('namespace' in of && { namespace: of.namespace, service: of.service }),
    ...(of.vpcId && { vpcId: of.vpcId }),
  },
});

/** Builds the calls on the committed state and the committer of the registry log. */
export const createInstanceCalls = ({ committer, state, onError }: InstanceCallsOptions): InstanceCalls => {
  const refused = (error: unknown, shown: Shown): Reply => {
    if (!(error instanceof CommandRejected)) onError(error);
    const { code, info } = refusalOf(error);
    return reply(code, info, shown);
  };

  /** Sent right before the registration, so that both are decided in order in one group. The registration implies the namespace anyway. */
  const requireNamespace = (name: string, meta: EventMeta): Promise<unknown> => {
    if (findNamespace(state, name)) return Promise.resolve();
    const command: RegistryCommand = { type: 'CreateNamespace', namespace: undescribedNamespace(name), ifAbsent: true };
    return committer.handleCommand(command, { meta }).catch(() => undefined);
  };

  const registerInstance = async (bytes: Buffer, caller: Caller): Promise<Reply> => {
    const message = decoded(polaris.InstanceSchema, bytes);
    if (!message) return notParsed('Instance');
    const read = validateInstance(instanceInput(message));
    if (!read.ok) return invalid(read);
    const shown = shownInstance(read.value);
    const meta = caller.meta();
    try {
      const namespace = requireNamespace(read.value.namespace, meta);
      await committer.handleCommand({ type: 'RegisterInstance', instance: read.value }, { meta });
      await namespace;
      return reply(CODE.SUCCESS, INFO.SUCCESS, shown);
    } catch (error) {
      return refused(error, shown);
    }
  };

  const deregisterInstance = async (bytes: Buffer, caller: Caller): Promise<Reply> => {
    const message = decoded(polaris.InstanceSchema, bytes);
    if (!message) return notParsed('Instance');
    const read = validateInstanceAddress(instanceInput(message));
    if (!read.ok) return invalid(read);
    const shown = shownInstance(read.value);
    try {
      await committer.handleCommand({ type: 'DeregisterInstance', ref: read.value }, { meta: caller.meta() });
      return reply(CODE.SUCCESS, INFO.SUCCESS, shown);
    } catch (error) {
      return refused(error, shown);
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
    if (!known) return reply(CODE.NOT_FOUND, `instance "${read.value.id}" does not exist`, shownInstance(read.value));
    const shown = shownInstance(known);
    if (known.healthCheck) return reply(CODE.SUCCESS, INFO.SUCCESS, shown);
    return reply(CODE.HEALTH_CHECK_OFF, `instance "${known.id}" registered without a health check`, shown);
  };

  const reportClient = (bytes: Buffer, { address }: Caller): Reply => {
    const message = decoded(polaris.ClientSchema, bytes);
    if (!message) return notParsed('Client');
    const read = validateClientHost(message.host || address);
    if (!read.ok) return invalid(read);
    // polaris-cpp asks again and again unless a location is there; empty strings will do.
    const client = { host: read.value, location: { region: '', zone: '', campus: '' } };
    return reply(CODE.SUCCESS, INFO.SUCCESS, { client });
  };

  return { reportClient, registerInstance, deregisterInstance, heartbeat };
};
