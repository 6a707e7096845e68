import { randomUUID } from 'node:crypto';
import type { DynamicModule } from '@nestjs/common';
import { createWrites, type OnRefused } from '@thuban/nest';
import type { RulesState } from '@thuban/rules-domain';
import { rulesAnswers } from '../sdk/rules-answers.js';
import type { RulesCommitter } from '../rules-committer.js';
import { HTTP_PARTS, type HttpParts } from './http-parts.js';
import { createLists } from './lists.js';
import { RoutingRulesController } from './routing-rules.controller.js';
import { ServiceRoutingsController } from './service-routings.controller.js';
import { subjectOf } from './subject-of.js';

export interface RulesHttpOptions {
  readonly committer: Pick<RulesCommitter, 'handleCommand' | 'remembers'>;
  /** The committed fold that the committer keeps: reads come from it. */
  readonly state: RulesState;
  /** The id of the rules log. */
  readonly logId: string;
  /** Ids of rules that do not bring one; random when absent. */
  readonly newId?: () => string;
  /** Told of commands that changed nothing. */
  readonly onRefused?: OnRefused;
}

class RulesHttpModule {}

/**
 * Makes the module that serves routing rules and routings of services under `/v1`, ready to be hosted by Nest; its operations are
 * `RULES_OPERATIONS`.
 * @example const module = rulesHttp({ committer, state, logId: log.id }); // modules: [module, processApi({ … }).module]
 */
export const rulesHttp = ({
  committer,
  state,
  logId,
  newId = randomUUID,
  onRefused,
}: RulesHttpOptions): DynamicModule => {
  const parts: HttpParts = {
    writes: createWrites(committer, onRefused && { onRefused, subjectOf }),
    lists: createLists(state, rulesAnswers({ state, logId })),
    newId,
  };
  return {
    module: RulesHttpModule,
    controllers: [RoutingRulesController, ServiceRoutingsController],
    providers: [{ provide: HTTP_PARTS, useValue: parts }],
  };
};
