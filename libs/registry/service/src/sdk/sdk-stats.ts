import type { Outcome } from './answer-bytes.js';

/** The calls of v1.PolarisGRPC that are served. */
export type SdkMethod = 'ReportClient' | 'RegisterInstance' | 'DeregisterInstance' | 'Heartbeat' | 'Discover';

/** Counts since the start, plain numbers for whoever publishes them. */
export interface SdkStats {
  /** Answers by method and by code of the protocol; on a stream every message counts. */
  readonly answers: Readonly<Record<SdkMethod, ReadonlyMap<number, number>>>;
  readonly discover: Readonly<Record<Outcome, number>>;
  /** Discover streams that are open. */
  readonly streams: number;
}

/** Zero everywhere. */
export const createSdkStats = () => {
  const answers = {
    ReportClient: new Map<number, number>(),
    RegisterInstance: new Map<number, number>(),
    DeregisterInstance: new Map<number, number>(),
    Heartbeat: new Map<number, number>(),
    Discover: new Map<number, number>(),
  };
  const discover = { changed: 0, unchanged: 0, refused: 0 };
  const open = new Set<() => void>();
  const answered = (method: SdkMethod, code: number): void => {
    answers[method].set(code, (answers[method].get(code) ?? 0) + 1);
  };
  const stats: SdkStats = {
    answers,
    discover,
    get streams() {
      return open.size;
    },
  };
  return {
    stats,
    answered,
    discovered: (code: number, outcome: Outcome): void => {
      answered('Discover', code);
      discover[outcome]++;
    },
    opened: (end: () => void): void => void open.add(end),
    closed: (end: () => void): void => void open.delete(end),
    endStreams: (): void => [...open].forEach((end) => end()),
  };
};
