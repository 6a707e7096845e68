import type { DynamicModule } from '@nestjs/common';
import type { AuditStore } from '../audit-store.js';
import type { Source } from '../source.js';
import { verify, type Verification } from '../verify.js';
import { AuditController } from './audit.controller.js';
import { AUDIT_PARTS, type AuditParts } from './audit-parts.js';

class AuditHttpModule {}

/** The module that serves `/v1/audit`; its operations are in operations.ts. */
export const auditHttp = (store: AuditStore, source: Source): DynamicModule => {
  let running: Promise<Verification> | undefined;
  const verified = (): Promise<Verification> =>
    (running ??= verify(store, source).finally(() => void (running = undefined)));
  const parts: AuditParts = { store, verified };
  return {
    module: AuditHttpModule,
    controllers: [AuditController],
    providers: [{ provide: AUDIT_PARTS, useValue: parts }],
  };
};
