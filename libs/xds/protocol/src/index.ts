export { createHub, PROTOCOL_LIMITS, type Hub, type ProtocolLimits } from './hub.js';
export { createPushIndex, type PublishedView, type PushIndex } from './push-index.js';
export { createPushPress, versionOf, type Item, type Mode, type Push, type PushPress } from './push.js';
export { statusOf, type TypeStatus, type ViewVersions } from './status.js';
export {
  closeStream,
  openStream,
  receiveDelta,
  receiveSotw,
  subscribedNames,
  type AdsStream,
  type DeltaRequest,
  type Now,
  type Receipt,
  type SotwRequest,
} from './stream.js';
export {
  covers,
  newSubscription,
  subscribeDelta,
  subscribeSotw,
  WILDCARD,
  type Subscription,
  type SubscriptionChange,
} from './subscription.js';
export { RESPONSE_BYTES_TARGET, takeResponse } from './take-response.js';
export {
  NACK_MESSAGE_CHARS_MAX,
  NACK_NAMES_MAX,
  verdictOn,
  type ErrorDetail,
  type Nack,
  type Verdict,
} from './verdict.js';
