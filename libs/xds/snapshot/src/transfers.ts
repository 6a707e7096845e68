/** Which services' rules transfer to which: clusters by name, in both directions, whether the targets exist or not. */
export interface Transfers {
  /** The rules of `from` transfer to these, and to nobody else. */
  set(from: string, targets: readonly string[]): void;
  /** Those whose rules transfer to `target`. */
  to(target: string): Iterable<string>;
}

export const createTransfers = (): Transfers => {
  const targetsOf = new Map<string, readonly string[]>();
  const sendersTo = new Map<string, Set<string>>();
  return {
    set: (from, targets) => {
      for (const target of targetsOf.get(from) ?? []) {
        sendersTo.get(target)?.delete(from);
        if (sendersTo.get(target)?.size === 0) sendersTo.delete(target);
      }
      if (targets.length === 0) targetsOf.delete(from);
      else targetsOf.set(from, targets);
      for (const target of targets) sendersTo.set(target, (sendersTo.get(target) ?? new Set()).add(from));
    },
    to: (target) => sendersTo.get(target) ?? [],
  };
};
