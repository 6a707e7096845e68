import { CommandRejected } from '@thuban/event-sourcing';

/** The codes of the SDK protocol: six digits, HTTP status first. Refused fields have their own, `POLARIS_CODE` of the domain. */
export const CODE = {
  SUCCESS: 200000,
  NO_CHANGE: 200001,
  BAD_REQUEST: 400000,
  PARSE_ERROR: 400001,
  INVALID_DISCOVER_TYPE: 400004,
  INVALID_INSTANCE_ID: 400130,
  HEALTH_CHECK_OFF: 400140,
  EXISTS: 400201,
  NOT_FOUND: 400202,
  ON_ALIAS: 400502,
  /** Transient: clients keep what they have and try again. */
  SERVER_ERROR: 500000,
  STORE_ERROR: 500001,
} as const;

/** Texts for answers that need no more to be said. */
export const INFO = { SUCCESS: 'execute success', NO_CHANGE: 'data has not changed' } as const;

/** A business answer other than success. */
export interface Refusal {
  readonly code: number;
  readonly info: string;
}

/**
 * The code for a command that failed. Everything that may pass by itself is 500xxx, which SDKs take as "try again, keep the cache";
 * none of those follows a commit (INV-18).
 */
export const refusalOf = (error: unknown): Refusal => {
  if (!(error instanceof CommandRejected)) return { code: CODE.SERVER_ERROR, info: 'internal error' };
  return { code: codeOf(error), info: error.message };
};

const codeOf = ({ code, reason }: CommandRejected): number => {
  switch (code) {
    case 'INVALID_ARGUMENT':
      return CODE.BAD_REQUEST;
    case 'NOT_FOUND':
      return CODE.NOT_FOUND;
    case 'ALREADY_EXISTS':
      return CODE.EXISTS;
    case 'FAILED_PRECONDITION':
      return blockedCode(reason);
    case 'RESOURCE_EXHAUSTED':
    case 'ABORTED':
      return CODE.SERVER_ERROR;
    case 'UNAVAILABLE':
      return CODE.STORE_ERROR;
  }
};

const blockedCode = (reason: string | undefined): number => {
  if (reason === 'NAME_IS_ALIAS') return CODE.ON_ALIAS;
  return reason === 'INSTANCE_ID_AMBIGUOUS' ? CODE.INVALID_INSTANCE_ID : CODE.BAD_REQUEST;
};
