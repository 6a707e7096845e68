/** The log that the registry writes, and in how many shards. The count is fixed for the life of a log. */
export const REGISTRY_LOG = 'registry';
export const REGISTRY_SHARDS = 32;

/** The log that rule-config writes. One shard: the total order of rules is worth more than parallel writes. */
export const RULES_LOG = 'rules';
export const RULES_SHARDS = 1;

/**
 * The shard of a key: FNV-1a (32 bit) over its UTF-16 code units, modulo `shards`.
 * A service and its instances use `namespace/service`, so they share one ordered feed; a namespace uses its name.
 */
export const shardOf = (key: string, shards: number): number => {
  let hash = 0x811c9dc5;
  for (let i = 0; i < key.length; i++) hash = Math.imul(hash ^ key.charCodeAt(i), 0x01000193);
  return (hash >>> 0) % shards;
};
