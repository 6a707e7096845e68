import { hash } from 'node:crypto';
import { create, toBinary } from '@bufbuild/protobuf';
import { polaris } from '@thuban/proto';
import { type RulesState, touchedSeq, toServiceRouting } from '@thuban/rules-domain';
import { routingMessage } from './routing-message.js';

export interface RulesAnswersOptions {
  /** The committed fold of the rules log. */
  readonly state: RulesState;
  /** The id of the rules log, part of every revision. */
  readonly logId: string;
}

/** What Discover says of the routing of a service, for whoever answers SDKs. The names are those of a service, not of an alias. */
export interface RulesAnswers {
  /** The newest seq that may have changed the routing of the service: bytes made before are good until it moves. 0: no rule was ever about it. */
  touchedSeq(namespace: string, service: string): number;
  /** Equal on every replica; equal revisions mean equal routing, also across a wipe of the log. */
  revision(namespace: string, service: string): string;
  /** The field `routing` of a DiscoverResponse, encoded, with the revision in it. */
  bytes(namespace: string, service: string): Buffer;
}

/**
 * Makes the answers about rules from their fold.
 * @example const sdk = registrySdk({ committer, state, logId: log.id, routing: rulesAnswers({ state: rules, logId: rulesLog.id }) });
 */
export const rulesAnswers = ({ state, logId }: RulesAnswersOptions): RulesAnswers => {
  const touched = (namespace: string, service: string): number => touchedSeq(state, namespace, service);

  const revision = (namespace: string, service: string): string =>
    hash('sha256', [logId, namespace, service, touched(namespace, service)].join('\n'), 'hex').slice(0, 16);

  const bytes = (namespace: string, service: string): Buffer => {
    const routing = routingMessage(toServiceRouting(state, namespace, service), revision(namespace, service));
    const { buffer, byteOffset, byteLength } = toBinary(
      polaris.DiscoverResponseSchema,
      create(polaris.DiscoverResponseSchema, { routing }),
    );
    return Buffer.from(buffer, byteOffset, byteLength);
  };

  return { touchedSeq: touched, revision, bytes };
};
