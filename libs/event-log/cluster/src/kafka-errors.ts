/** Kafka did not do what was asked, or did not answer in time. What was sent may have arrived. */
export class KafkaAway extends Error {
  override readonly name = 'KafkaAway';
}

/** Kafka does not take this much in one partition at a time: nothing of that partition was written. */
export class RecordTooLarge extends Error {
  override readonly name = 'RecordTooLarge';
}

/** The name that the protocol has for an error, from wherever kafkajs has wrapped it. */
export const errorTypeOf = (error: unknown): string | undefined => {
  for (let at: unknown = error; at instanceof Error; at = at.cause) {
    const { type } = at as { readonly type?: unknown };
    if (typeof type === 'string') return type;
  }
  return undefined;
};

export const isUnknownTopic = (error: unknown): boolean => errorTypeOf(error) === 'UNKNOWN_TOPIC_OR_PARTITION';
