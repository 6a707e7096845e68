import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describeWithStack, startStack } from '@thuban/testing';
import { parse } from 'yaml';
import { ROOT, runChild } from './support/child.js';
import { temporaryFolder } from './support/temporary-folder.js';
import { deployCheckPath, describeWith, envoyPath, promtoolPath } from './support/tools.js';

const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');

const succeeds = async (command: string, args: readonly string[]): Promise<string> => {
  const { code, output } = await runChild(command, args);
  if (code !== 0) throw new Error(`${command} ended with ${code}: ${output}`);
  return output;
};

interface Service {
  readonly image: string;
  readonly command?: readonly string[] | null;
  readonly build?: { readonly dockerfile: string };
  readonly healthcheck?: unknown;
  readonly ports?: readonly { readonly host_ip?: string }[];
  readonly volumes?: readonly { readonly type: string; readonly source: string }[];
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
}

interface Understood {
  readonly compose: { readonly services: Readonly<Record<string, Service>> };
  readonly dockerfile: readonly { readonly base: string; readonly commands: readonly string[] }[];
  readonly warnings: readonly string[];
}

describeWith(
  ['deploy-check'],
  'docker-compose.yml and the Dockerfile, read by the parsers of Compose and BuildKit',
  () => {
    let understood: Understood;
    let services: readonly (readonly [string, Service])[];
    beforeAll(async () => {
      const output = await succeeds(deployCheckPath(), ['docker-compose.yml', 'deploy/Dockerfile']);
      understood = JSON.parse(output) as Understood;
      services = Object.entries(understood.compose.services);
    });

    it('are accepted without a warning', () => {
      expect(understood.warnings).toEqual([]);
      expect(services.map(([name]) => name)).toEqual(
        expect.arrayContaining(['mysql', 'kafka', 'front', 'prometheus', 'grafana']),
      );
    });

    it('pin every image to a full version', () => {
      const bases = understood.dockerfile.map(({ base }) => base);
      const foreign = services.filter(([, { build }]) => !build).map(([, { image }]) => image);
      for (const image of [...bases, ...foreign]) expect(image).toMatch(/:v?\d+\.\d+\.\d+(-[a-z-]+)?$/);
    });

    it('build in one stage and run in another: not as root, with a health check', () => {
      expect(understood.dockerfile).toHaveLength(2);
      const { commands } = understood.dockerfile[1]!;
      expect(commands).toContain('USER node');
      expect(commands.some((command) => command.startsWith('HEALTHCHECK '))).toBe(true);
      expect(commands.filter((command) => command.startsWith('COPY '))).toEqual(['COPY --from=build /runtime /thuban']);
    });

    it('publish nothing beyond this machine', () => {
      const published = services.flatMap(([, { ports }]) => ports ?? []);
      expect(published.length).toBeGreaterThan(0);
      for (const { host_ip } of published) expect(host_ip).toBe('127.0.0.1');
    });

    it('start each service when those it needs are healthy, and each of those can say so', () => {
      for (const [, { depends_on: needs }] of services)
        for (const [needed, { condition }] of Object.entries(needs ?? {})) {
          const { build, healthcheck } = understood.compose.services[needed]!;
          expect([needed, condition, Boolean(build ?? healthcheck)]).toEqual([needed, 'service_healthy', true]);
        }
    });

    it('have every process of the cluster, and Prometheus scrapes it', () => {
      const alone = ['standalone', 'standalone-e2e', 'thubanctl'];
      const processes = readdirSync(join(ROOT, 'apps')).filter(
        (name) => !alone.includes(name) && existsSync(join(ROOT, 'apps', name, 'src/main.ts')),
      );
      const own = services.flatMap(([name, { build }]) => (build ? [name] : []));
      const { scrape_configs } = parse(read('deploy/prometheus/prometheus.yml')) as {
        readonly scrape_configs: readonly { readonly job_name: string }[];
      };
      expect(own.sort()).toEqual(processes.sort());
      expect(scrape_configs.map(({ job_name }) => job_name).sort()).toEqual(own);
    });

    it('mount files that exist and run programs that exist, with options that they have', async () => {
      const mounted = services.flatMap(([, { volumes }]) => volumes ?? []).filter(({ type }) => type === 'bind');
      expect(mounted.length).toBeGreaterThan(0);
      for (const { source } of mounted) expect([source, existsSync(source)]).toEqual([source, true]);
      const own = services.filter(([, { build }]) => build);
      expect(own.length).toBeGreaterThan(0);
      const checked = own.map(async ([, { command }]) => {
        const [program, ...options] = command!;
        const help = await succeeds(process.execPath, [program!, '--help']);
        for (const option of options) expect(help).toContain(option);
      });
      await Promise.all(checked);
    });
  },
);

describeWith(['envoy'], 'the front Envoy', () => {
  it('accepts its configuration', async () => {
    const output = await succeeds(envoyPath(), ['--mode', 'validate', '-c', 'deploy/envoy-front.yaml']);
    expect(output).toContain("configuration 'deploy/envoy-front.yaml' OK");
  });
});

interface Panel {
  readonly id: number;
  readonly title: string;
  readonly type: string;
  readonly description?: string;
  readonly targets?: readonly { readonly expr: string; readonly datasource: { readonly uid: string } }[];
}
const DASHBOARDS = 'deploy/grafana/dashboards';
const dashboards = readdirSync(join(ROOT, DASHBOARDS)).map(
  (name) => JSON.parse(read(join(DASHBOARDS, name))) as { readonly uid: string; readonly panels: readonly Panel[] },
);
const panels = dashboards.flatMap((dashboard) => dashboard.panels);
const targets = panels.flatMap((panel) => panel.targets ?? []);
const expressions = targets.map(({ expr }) => expr);

describeWith(['promtool'], 'what deploy/ has for Prometheus, read by promtool', () => {
  it.each(['prometheus.yml', 'standalone.yml'])('accepts %s', async (name) => {
    await succeeds(promtoolPath(), ['check', 'config', `deploy/prometheus/${name}`]);
  });

  it('accepts every query of the dashboards', async () => {
    const rules = expressions.map((expr, index) => ({
      record: `query:${index}`,
      expr: expr.replaceAll('$__rate_interval', '1m'),
    }));
    const folder = temporaryFolder();
    const file = join(folder, 'rules.yml');
    writeFileSync(file, JSON.stringify({ groups: [{ name: 'dashboards', rules }] })); // JSON is YAML
    const output = await succeeds(promtoolPath(), ['check', 'rules', file]).finally(() =>
      rmSync(folder, { recursive: true }),
    );
    expect(output).toContain(`SUCCESS: ${expressions.length} rules found`);
  });
});

const SUFFIX_OF_A_HISTOGRAM = /_(bucket|sum|count)$/;

describe('the dashboards', () => {
  it('have a purpose for every panel and panels of their own', () => {
    for (const { uid, panels: own } of dashboards) {
      expect(uid).toMatch(/^thuban/);
      expect(new Set(own.map(({ id }) => id)).size).toBe(own.length);
    }
    for (const { type, title, description } of panels)
      if (type !== 'row') expect([title, description]).not.toEqual([title, '']);
  });

  it('ask the data source that is provisioned', () => {
    const { datasources } = parse(read('deploy/grafana/provisioning/datasources/prometheus.yml')) as {
      readonly datasources: readonly { readonly uid: string }[];
    };
    expect([...new Set(targets.map(({ datasource }) => datasource.uid))]).toEqual(datasources.map(({ uid }) => uid));
  });
});

const SCRAPED = ['registry', 'rule-config', 'xds-push'] as const;

const seriesAt = async (http: string): Promise<readonly string[]> => {
  const metrics = await (await fetch(`http://${http}/metrics`)).text();
  return [...metrics.matchAll(/^# TYPE (\S+) /gm)].map(([, name]) => name!);
};

describeWithStack(SCRAPED, 'the dashboards over a cluster', () => {
  it('use only series that its processes have', async () => {
    const stack = await startStack(SCRAPED, { own: true });
    const series = await Promise.all(SCRAPED.map((name) => seriesAt(stack.addressesOf(name).http)));
    await stack.stop();
    const served = new Set(series.flat());
    const used = expressions.flatMap((expr) => expr.match(/\b(?:thuban|process|nodejs)_[a-z0-9_]+/g) ?? []);
    const unknown = used.filter((name) => !served.has(name) && !served.has(name.replace(SUFFIX_OF_A_HISTOGRAM, '')));
    expect(unknown).toEqual([]);
    expect(new Set(used.filter((name) => name.startsWith('thuban_'))).size).toBeGreaterThan(10);
  });
});
