import type { LoggerService } from '@nestjs/common';
import { pino, type Logger } from 'pino';

export type { Logger } from 'pino';

/** From the quietest to the most talkative. */
export const LOG_LEVELS = ['silent', 'fatal', 'error', 'warn', 'info', 'debug', 'trace'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** JSON lines on stderr, so that stdout stays free for what a person or a script asked for. */
export const createLogger = (name: string, level: LogLevel): Logger =>
  pino({ name, level, timestamp: pino.stdTimeFunctions.isoTime }, pino.destination({ dest: 2, sync: true }));

/** Nest speaks to our log; its start-up chatter ("Mapped route …") is dropped, its warnings and errors are kept. */
export const nestLogger = (logger: Logger): LoggerService => {
  const say =
    (level: 'warn' | 'error' | 'fatal') =>
    (message: unknown, ...details: unknown[]): void => {
      const context = details.at(-1);
      const err = message instanceof Error ? message : undefined;
      logger[level](
        { err, nest: typeof context === 'string' ? context : undefined },
        err ? err.message : String(message),
      );
    };
  const drop = (): void => undefined;
  return { log: drop, debug: drop, verbose: drop, warn: say('warn'), error: say('error'), fatal: say('fatal') };
};
