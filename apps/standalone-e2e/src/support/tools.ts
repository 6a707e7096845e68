type Tool = 'envoy' | 'front' | 'polaris-go' | 'promtool' | 'deploy-check';

interface Obtained {
  readonly value?: unknown;
  /** Why it cannot be had here. */
  readonly missing?: string;
}

const obtained = JSON.parse(process.env['THUBAN_E2E_TOOLS'] ?? '{}') as Readonly<Record<Tool, Obtained>>;

/** The path of the Envoy that the suites run. */
export const envoyPath = (): string => obtained.envoy.value as string;

/** deploy/envoy-front.yaml as JSON, with the names of ports (`registry.http-port`, `front.sdk`) in place of numbers. */
export const frontTemplate = (): string => JSON.stringify(obtained.front.value);

/** The path of the promtool that reads what deploy/ has for Prometheus. */
export const promtoolPath = (): string => obtained.promtool.value as string;

/** The path of the program that reads the compose file and the Dockerfile as Docker does. */
export const deployCheckPath = (): string => obtained['deploy-check'].value as string;

/** The versions of polaris-go that the suites run. */
export const SDK_VERSIONS = ['1.7.0', '1.6.1'] as const;
export type SdkVersion = (typeof SDK_VERSIONS)[number];

/** The path of the program that drives a version of polaris-go. */
export const polarisGoPath = (version: SdkVersion): string =>
  (obtained['polaris-go'].value as Readonly<Record<SdkVersion, string>>)[version];

/** A suite that needs real components. Where one is missing it is skipped, and its title says why: the test run lists such titles. */
export const describeWith = (tools: readonly Tool[], title: string, suite: () => void): void => {
  const reasons = tools.flatMap((tool) => obtained[tool].missing ?? []);
  if (reasons.length === 0) describe(title, suite);
  else describe.skip(`${title} (left out: ${reasons.join(' ')})`, suite);
};
