/** How Thuban runs under test: as one process on its own files, or as the processes of the cluster on MySQL and Kafka. */
export type Mode = 'embedded' | 'cluster';

const modeOf = (text = 'embedded'): Mode => {
  if (text === 'embedded' || text === 'cluster') return text;
  throw new Error(`THUBAN_E2E_MODE is "${text}": it is embedded or cluster`);
};

/** The mode of this run. Specs of one mode only say so in their file names: `*.embedded.e2e.spec.ts`, `*.cluster.e2e.spec.ts`. */
export const MODE = modeOf(process.env['THUBAN_E2E_MODE']);

const PROCESSES_OF = {
  embedded: ['standalone'],
  cluster: ['registry', 'rule-config', 'xds-push', 'health-check'],
} as const;

/** A process of Thuban in one of the modes. */
export type ProcessName = (typeof PROCESSES_OF)[Mode][number];

/** The processes that Thuban consists of in this run. */
export const PROCESSES: readonly ProcessName[] = PROCESSES_OF[MODE];

/** The one that Envoys are connected to. */
export const XDS_PROCESS: ProcessName = MODE === 'embedded' ? 'standalone' : 'xds-push';
