import { startTelemetry, TelemetryRefused, type Telemetry } from '@thuban/telemetry';
import type { Logger } from './logger.js';
import { optionalTextOption, ratioOption, type ValuesOf } from './options.js';
import { StartupError } from './startup-error.js';

/** The settings of every process that can record traces. The variables are those that other programs know for the same. */
export const TELEMETRY_SETTINGS = {
  'otlp-endpoint': optionalTextOption({
    help: 'where traces are sent (OTLP over HTTP), such as http://localhost:4318; absent: nowhere',
    placeholder: 'URL',
    variable: 'OTEL_EXPORTER_OTLP_ENDPOINT',
    group: 'Traces',
  }),
  'trace-ratio': ratioOption({
    help: 'the part of the traces beginning here that is recorded; one that a client has begun is recorded if the client does',
    default: 1,
    group: 'Traces',
  }),
} as const;

export type TelemetrySettings = ValuesOf<typeof TELEMETRY_SETTINGS>;

/** Who records. */
export interface ProcessName {
  readonly service: string;
  readonly version: string;
}

/**
 * Telemetry of a real process: a line in the log when the collector goes and when it is back.
 * @throws StartupError for an endpoint that is none.
 */
export const startProcessTelemetry = async (
  { service, version }: ProcessName,
  settings: TelemetrySettings,
  logger: Logger,
): Promise<Telemetry> => {
  const endpoint = settings['otlp-endpoint'];
  try {
    return await startTelemetry({
      service,
      version,
      endpoint,
      sampleRatio: settings['trace-ratio'],
      onProblem: (error) =>
        error
          ? logger.warn({ err: error }, `traces cannot be sent to ${endpoint}, and those of now are lost`)
          : logger.warn(`traces are sent to ${endpoint} again`),
    });
  } catch (error) {
    if (error instanceof TelemetryRefused) throw new StartupError(error.message);
    throw error;
  }
};
