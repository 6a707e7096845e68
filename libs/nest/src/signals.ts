import type { Logger } from './logger.js';

const SIGNALS = ['SIGTERM', 'SIGINT'] as const;

/** The first signal closes in order and exits with 0; a second one does not wait. */
export const closeOnSignals = (close: () => Promise<void>, logger: Logger): void => {
  let received = 0;
  const on = (signal: NodeJS.Signals): void => {
    if (++received > 1) process.exit(1);
    logger.info({ signal }, 'draining');
    close().then(
      () => process.exit(0),
      (error: unknown) => {
        logger.error({ err: error }, 'the stop failed');
        process.exit(1);
      },
    );
  };
  for (const signal of SIGNALS) process.on(signal, on);
};
