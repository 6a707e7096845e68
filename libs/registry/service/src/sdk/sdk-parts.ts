import type { StartCallSpan } from './call-spans.js';
import type { DiscoverAnswers } from './discover-answers.js';
import type { DiscoverObserver } from './discover-stream.js';
import type { InstanceCalls } from './instance-calls.js';
import type { SdkMethod } from './sdk-stats.js';

/** What the controller of the SDK protocol is given. */
export interface SdkParts {
  readonly calls: InstanceCalls;
  readonly answers: DiscoverAnswers;
  readonly observer: DiscoverObserver;
  answered(method: SdkMethod, code: number): void;
  /** Absent while telemetry is off. */
  readonly startSpan?: StartCallSpan | undefined;
}

/** Nest's token for {@link SdkParts}. */
export const REGISTRY_SDK = Symbol('REGISTRY_SDK');
