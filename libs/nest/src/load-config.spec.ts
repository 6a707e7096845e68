import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { effectiveConfigText, helpText } from './config-text.js';
import { loadConfig } from './load-config.js';
import { choiceOption, optionalTextOption, portOption, ratioOption, switchOption, textOption } from './options.js';

const table = {
  'http-port': portOption({ default: 8090, help: 'HTTP API' }),
  'data-dir': textOption({ default: './data', placeholder: 'DIR', help: 'where everything is kept' }),
  'insecure-listen': switchOption({ default: false, help: 'listen on all addresses' }),
  'log-level': choiceOption({
    choices: ['warn', 'info'],
    default: 'warn',
    help: 'how much is logged',
    group: 'Logging',
  }),
  token: optionalTextOption({ help: 'a word' }),
  endpoint: optionalTextOption({ help: 'where to', variable: 'ENDPOINT', group: 'Traces' }),
  ratio: ratioOption({ help: 'how many', default: 1, group: 'Traces' }),
};

describe('loadConfig', () => {
  let directory: string;
  let file: string;
  const write = (text: string): void => writeFileSync(file, text);
  const load = (argv: readonly string[] = [], env: Record<string, string> = {}) =>
    loadConfig(table, { argv, env, file });
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'config-'));
    file = join(directory, 'thuban.yaml');
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  it('gives defaults when nobody says anything', () => {
    expect(load()).toMatchObject({
      kind: 'config',
      values: { 'http-port': 8090, token: undefined },
      origins: { 'http-port': { from: 'default' } },
    });
  });

  it('prefers flags to the environment to the file to defaults, value by value, and knows the origin of each', () => {
    write('http-port: 1\ndata-dir: from-file\nlog-level: info\n');
    const loaded = load(['--http-port=3', 'wipe'], { THUBAN_HTTP_PORT: '2', THUBAN_DATA_DIR: 'from-env', OTHER: 'x' });
    expect(loaded).toMatchObject({
      values: { 'http-port': 3, 'data-dir': 'from-env', 'log-level': 'info', 'insecure-listen': false },
      origins: {
        'http-port': { from: 'flag', name: '--http-port' },
        'data-dir': { from: 'environment', name: 'THUBAN_DATA_DIR' },
        'log-level': { from: 'file', name: file },
        'insecure-listen': { from: 'default' },
      },
      rest: ['wipe'],
    });
  });

  it('reads the variable that other programs know for the same, too, below its own', () => {
    expect(load([], { ENDPOINT: 'http://theirs' })).toMatchObject({
      values: { endpoint: 'http://theirs' },
      origins: { endpoint: { from: 'environment', name: 'ENDPOINT' } },
    });
    expect(load([], { ENDPOINT: 'http://theirs', THUBAN_ENDPOINT: 'http://ours' })).toMatchObject({
      values: { endpoint: 'http://ours' },
      origins: { endpoint: { from: 'environment', name: 'THUBAN_ENDPOINT' } },
    });
    expect(load([], { ENDPOINT: '' })).toMatchObject({ values: { endpoint: undefined } });
  });

  it.each([
    ['0', 0],
    ['0.25', 0.25],
    ['.5', 0.5],
    ['1', 1],
  ])('reads the ratio %s', (text, value) =>
    expect(load(['--ratio', text])).toMatchObject({ values: { ratio: value } }),
  );
  it.each(['1.1', '-1', '', '50%', 'NaN'])('refuses the ratio %j', (text) =>
    expect(load([`--ratio=${text}`])).toMatchObject({
      errors: [`--ratio must be a number from 0 to 1, not ${JSON.stringify(text)}`],
    }),
  );

  it.each([
    [['--insecure-listen'], true],
    [['--insecure-listen=false'], false],
    [['--insecure-listen', '--no-insecure-listen'], false],
  ])('reads the switch %j', (argv, value) => {
    expect(load(argv)).toMatchObject({ values: { 'insecure-listen': value } });
  });

  it('reports every mistake with what was probably meant', () => {
    write('http-prt: 1\nlog-level: loud\n');
    const loaded = load(['--http-prot', '5', '-x', '--data-dir'], {
      THUBAN_LOG_LEVL: 'info',
      THUBAN_HTTP_PORT: '70000',
    });
    expect(loaded).toEqual({
      kind: 'errors',
      errors: [
        'unknown flag --http-prot; did you mean --http-port?',
        expect.stringMatching(/^unknown flag -x/),
        '--data-dir needs a value',
        'unknown variable THUBAN_LOG_LEVL; did you mean THUBAN_LOG_LEVEL?',
        `unknown key http-prt in ${file}; did you mean http-port?`,
        'THUBAN_HTTP_PORT must be a whole number from 0 to 65535, not "70000"',
        `log-level in ${file} must be one of warn, info, not "loud"`,
      ],
    });
  });

  it('leaves alone what Kubernetes tells of services named thuban and thuban-http', () => {
    const links = {
      THUBAN_SERVICE_HOST: '10.96.0.7',
      THUBAN_SERVICE_PORT: '8090',
      THUBAN_SERVICE_PORT_HTTP: '8090',
      THUBAN_PORT: 'tcp://10.96.0.7:8090',
      THUBAN_PORT_8090_TCP: 'tcp://10.96.0.7:8090',
      THUBAN_PORT_8090_TCP_PROTO: 'tcp',
      THUBAN_PORT_8090_TCP_PORT: '8090',
      THUBAN_PORT_8090_TCP_ADDR: '10.96.0.7',
      THUBAN_HTTP_PORT: 'tcp://10.96.0.7:8090',
    };
    expect(load([], links)).toEqual(load([]));
    expect(load([], { THUBAN_PORT: '8090' })).toMatchObject({ errors: [expect.stringMatching('THUBAN_PORT')] });
  });

  it('does not take object members for settings', () => {
    write('constructor: 1\n');
    expect(load(['--toString', '1'])).toMatchObject({
      errors: [expect.stringMatching('unknown flag --toString'), expect.stringMatching('unknown key constructor')],
    });
  });

  it('wants a named file to exist and to be YAML', () => {
    expect(load(['--config', join(directory, 'absent.yaml')])).toMatchObject({
      errors: [expect.stringMatching('cannot be read')],
    });
    write('a: [');
    expect(load()).toMatchObject({ errors: [expect.stringMatching('is not YAML')] });
    write('- a\n');
    expect(load()).toMatchObject({ errors: [expect.stringMatching('must hold settings')] });
  });

  it('tells the settings in use and their origins', () => {
    const loaded = load(['--http-port', '0']);
    if (loaded.kind !== 'config') throw new Error(loaded.kind);
    expect(effectiveConfigText(loaded)).toContain('http-port: 0            # flag --http-port\n');
  });

  it('makes the help from the same table', () => {
    expect(load(['--help'])).toEqual({ kind: 'help' });
    const text = helpText(table, 'Usage: thuban [flags]');
    expect(text).toContain('  --http-port PORT   HTTP API (default 8090)\n');
    expect(text).toContain('Logging:\n  --log-level warn|info  how much is logged (default warn)\n');
  });
});
