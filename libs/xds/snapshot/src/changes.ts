import type { ResourceChange, XdsType } from './resource.js';
import { PUSH_ORDER } from './resource.js';

/** Which views are in use, and what changed in them since the last telling. */
export interface Changes {
  retain(type: XdsType, view: string): void;
  /** Returns true when that was the last one. */
  release(type: XdsType, view: string): boolean;
  isRetained(type: XdsType, view: string): boolean;
  /** Remembers a change, once, if somebody retains its view. */
  note(type: XdsType, view: string, name: string): void;
  /** Everything noted since the last call, in push order. */
  take(): readonly ResourceChange[];
}

export const createChanges = (): Changes => {
  const retained: Record<XdsType, Map<string, number>> = {
    CDS: new Map(),
    EDS: new Map(),
    LDS: new Map(),
    RDS: new Map(),
  };
  const noted: Record<XdsType, Map<string, Set<string>>> = {
    CDS: new Map(),
    EDS: new Map(),
    LDS: new Map(),
    RDS: new Map(),
  };

  return {
    retain: (type, view) => void retained[type].set(view, (retained[type].get(view) ?? 0) + 1),
    release: (type, view) => {
      const left = (retained[type].get(view) ?? 0) - 1;
      if (left > 0) retained[type].set(view, left);
      else retained[type].delete(view);
      return left <= 0;
    },
    isRetained: (type, view) => retained[type].has(view),
    note: (type, view, name) => {
      if (!retained[type].has(view)) return;
      const names = noted[type].get(view);
      if (names) names.add(name);
      else noted[type].set(view, new Set([name]));
    },
    take: () =>
      PUSH_ORDER.flatMap((type) => {
        const changes = [...noted[type]].map(([view, names]) => ({ type, view, names: [...names] }));
        noted[type].clear();
        return changes;
      }),
  };
};
