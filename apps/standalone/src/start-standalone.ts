import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { openEmbeddedStore } from '@thuban/event-log-embedded';
import { runProjection } from '@thuban/event-sourcing';
import {
  REGISTRY_LOG,
  REGISTRY_SHARDS,
  RULES_LOG,
  RULES_SHARDS,
  type RegistryEvent,
  type RulesEvent,
} from '@thuban/events';
import {
  bootstrap,
  createLogger,
  createMetrics,
  ensureWritableDirectory,
  follow,
  keepRunning,
  lagCheck,
  processApi,
  registerProcessMetrics,
  startCommitter,
  startProcessTelemetry,
  systemClock,
  type Logger,
  type ProjectionLag,
} from '@thuban/nest';
import { registryDecider } from '@thuban/registry-domain';
import { REGISTRY_PROJECTION, registryProjection } from '@thuban/registry-read-model';
import { REGISTRY_OPERATIONS, registerRegistryMetrics, registryHttp, registrySdk } from '@thuban/registry-service';
import { registerRulesMetrics, RULES_OPERATIONS } from '@thuban/rules-service';
import { BATCH_SPANS, observeBatches, type Telemetry } from '@thuban/telemetry';
import { evolveMesh } from '@thuban/xds-mesh';
import { ADS_CHANNEL_OPTIONS, registerXdsMetrics, traceChanges, xdsServer } from '@thuban/xds-server';
import { createResources, nodeFacts } from '@thuban/xds-snapshot';
import type { Started } from './banner.js';
import { loadFolds, openReadModels } from './load.js';
import { addressesOf } from './ports.js';
import { startRules } from './rules.js';
import type { Settings } from './settings.js';
import { VERSION } from './version.js';

/** Rows are needed at the next start only, so a burst of changes becomes few large transactions. */
const ROWS_PAUSE_MS = 1000;

const sum = (seqs: readonly number[]): number => seqs.reduce((total, seq) => total + seq, 0);

/**
 * Opens the stores, folds what they hold, and serves HTTP, the SDK protocol and xDS from one process.
 * Signals end it; see `bootstrap`.
 * @throws StartupError, StoreRefused, DatabaseRefused: a sentence for the user; nothing is left running.
 */
export const startStandalone = async (settings: Settings): Promise<Started> => {
  const addresses = addressesOf(settings);
  const dataDir = ensureWritableDirectory(settings['data-dir']);
  const logger = createLogger('thuban', settings['log-level']);
  const telemetry = await startProcessTelemetry({ service: 'thuban', version: VERSION }, settings, logger);
  const store = await openEmbeddedStore(join(dataDir, 'log.db'));
  try {
    return await serve({ settings, addresses, dataDir, logger, telemetry, store });
  } catch (error) {
    await store.close();
    throw error;
  }
};

/** When this program began, on the clock of its process: `npm start` builds first, in the same process, and marks the end of that. */
const launchedMs = (): number => performance.getEntriesByName('thuban:launch')[0]?.startTime ?? 0;

interface Opened {
  readonly settings: Settings;
  readonly addresses: ReturnType<typeof addressesOf>;
  readonly dataDir: string;
  readonly logger: Logger;
  readonly telemetry: Telemetry;
  readonly store: Awaited<ReturnType<typeof openEmbeddedStore>>;
}

const serve = async ({ settings, addresses, dataDir, logger, telemetry, store }: Opened): Promise<Started> => {
  const { tracer } = telemetry;
  const log = store.log(REGISTRY_LOG, REGISTRY_SHARDS);
  const database = await openReadModels(join(dataDir, 'read.db'));
  const { folded, ...started } = await loadFolds(log, database, logger);
  const { state, mesh } = folded;
  const observeCommits = observeBatches(tracer, BATCH_SPANS.commit(log.name));
  const committer = startCommitter(log, registryDecider, { state, ...started }, logger, observeCommits);
  const rulesLog = store.log(RULES_LOG, RULES_SHARDS);
  const rules = await startRules(rulesLog, (event) => void evolveMesh(mesh, event), logger, tracer);
  const resources = createResources({ mesh });
  const changes = traceChanges(tracer);

  const stopping = new AbortController();
  const running = { signal: stopping.signal, clock: systemClock, logger };
  const meshFollower = follow<RegistryEvent>(
    'the mesh',
    log,
    started.checkpoint,
    changes.folding(log.name, resources.apply),
    running,
  );
  const rulesFollower = follow<RulesEvent>(
    'the rules of the mesh',
    rulesLog,
    rules.checkpoint,
    changes.folding(rulesLog.name, resources.apply),
    running,
  );
  let projected = started.projected;
  const rows = keepRunning(
    'the registry projection',
    () =>
      runProjection({
        ...running,
        log,
        database,
        projection: registryProjection,
        pauseMs: ROWS_PAUSE_MS,
        observe: observeBatches(tracer, BATCH_SPANS.project(log.name, REGISTRY_PROJECTION)),
        onProgress: ({ seqs }) => void (projected = seqs),
        onRebuild: (reason) => logger.warn(`the rows of ${REGISTRY_PROJECTION} are made anew: ${reason}`),
        onParked: ({ key, shard, seq, error }) =>
          logger.error(
            { err: error },
            `the rows of ${key} stay as they were: event ${seq} of shard ${shard} cannot be folded`,
          ),
      }),
    running,
  );

  const committed = (): number => sum(committer.seqs()) + sum(rules.committer.seqs());
  const inMesh = (): number => sum(meshFollower.seqs()) + sum(rulesFollower.seqs());
  const projections = (): readonly ProjectionLag[] => [
    { name: 'mesh', lagEvents: committed() - inMesh() },
    { name: REGISTRY_PROJECTION, lagEvents: sum(committer.seqs()) - sum(projected) },
  ];
  // The rows are not asked: they serve the next start only, and a full disk must not take this process out of service.
  const meshNotReady = lagCheck({ committed, applied: inMesh }, systemClock);

  const xds = xdsServer({
    resources,
    nodeFacts,
    clock: systemClock,
    afterPoll: setImmediate,
    ready: () => meshNotReady() === undefined,
    limits: { streamsMax: settings['xds-streams-max'] },
    controlPlane: `thuban ${VERSION}`,
    observe: changes.observe,
  });
  const onError = (error: unknown): void => logger.error({ err: error }, 'a call failed');
  const sdk = registrySdk({ committer, state, logId: log.id, routing: rules.answers, tracer, onError });
  const api = processApi({
    logs: [log, rulesLog],
    clock: systemClock,
    version: VERSION,
    operations: [...Object.values(REGISTRY_OPERATIONS), ...Object.values(RULES_OPERATIONS)],
    projections,
    counts: () => ({ ...state.counts(), ...rules.state.counts() }),
    statusSections: {
      xds: () => ({ streams: xds.status() }),
      problems: resources.problems,
    },
  });
  const closeAll = async (): Promise<void> => {
    await Promise.all([committer.drained(), rules.committer.drained()]);
    stopping.abort();
    await Promise.all([rows, meshFollower.ended, rulesFollower.ended]);
    await database.close();
    await store.close();
    await telemetry.shutdown();
  };
  const metrics = createMetrics();
  registerProcessMetrics(metrics, { version: VERSION, projections });
  registerRegistryMetrics(metrics, { committer, state, sdk });
  registerRulesMetrics(metrics, rules);
  registerXdsMetrics(metrics, xds);
  const { host } = addresses;
  const server = await bootstrap({
    name: 'thuban',
    modules: [
      sdk.module,
      { module: class Xds {}, controllers: [...xds.controllers] },
      registryHttp({ committer, state }),
      rules.module,
      api.module,
    ],
    http: { host, port: addresses.http, what: 'http' },
    grpc: [
      { host, port: addresses.sdk, what: 'sdk', packageDefinition: sdk.packageDefinition },
      {
        host,
        port: addresses.xds,
        what: 'xds',
        packageDefinition: xds.packageDefinition,
        channelOptions: ADS_CHANNEL_OPTIONS, // a gateway in front of many proxies puts their streams on one connection
      },
    ],
    logger,
    metrics,
    tracer,
    checks: [{ name: 'mesh', notReady: meshNotReady }],
    onDrain: async () => {
      await xds.close();
      // Last, right before the connections are told to go: SDKs open another stream at once, and it should be elsewhere.
      sdk.endStreams();
    },
    onClosed: closeAll,
  }).catch(async (error: unknown) => {
    await closeAll();
    throw error;
  });
  const [sdkPort = 0, xdsPort = 0] = server.ports.grpc;
  return {
    version: VERSION,
    readyMs: performance.now() - launchedMs(),
    dataDir,
    host,
    ports: { http: server.ports.http, sdk: sdkPort, xds: xdsPort },
    instances: state.counts().instances,
  };
};
