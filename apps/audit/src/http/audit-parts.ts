import type { AuditStore } from '../audit-store.js';
import type { Verification } from '../verify.js';

/** What the controller works with. */
export interface AuditParts {
  readonly store: AuditStore;
  /** Verifies now; who asks while it runs gets the same answer. */
  readonly verified: () => Promise<Verification>;
}

export const AUDIT_PARTS = Symbol('audit');
