// The load generator: `node load.mjs <scenario> <options as JSON>` prints one line of JSON. A process of its own, so that
// the server is measured and not its client.
import { connect, openStream, unary } from './grpc-client.mjs';
import {
  decodeDelta,
  decodeDiscover,
  decodeResponse,
  deltaRequest,
  discover,
  EDS,
  instance,
  PATHS,
} from './messages.mjs';

const now = () => performance.now();
const percentile = (sorted, p) => sorted[Math.min(sorted.length - 1, Math.ceil(p * sorted.length) - 1)] ?? 0;
const summary = (latencies) => {
  const sorted = Float64Array.from(latencies).sort();
  return { p50Ms: percentile(sorted, 0.5), p99Ms: percentile(sorted, 0.99), maxMs: sorted.at(-1) ?? 0 };
};
const connectMany = (address, count) => Promise.all(Array.from({ length: count }, () => connect(address)));
const connectionsFor = (callers) => Math.min(8, callers);
const addressOf = (i) => ({ host: `10.${(i >> 16) & 255}.${(i >> 8) & 255}.${i & 255}`, port: 8080 });

/** `callers` workers share `total` calls; each sends its next call after the answer (a closed loop). */
const closedLoop = async ({ sessions, callers, total, path, payloadOf, check }) => {
  const latencies = new Float64Array(total);
  let next = 0;
  const worker = async (w) => {
    const session = sessions[w % sessions.length];
    for (let i = next++; i < total; i = next++) {
      const started = now();
      check(await unary(session, path, payloadOf(i)));
      latencies[i] = now() - started;
    }
  };
  const started = now();
  await Promise.all(Array.from({ length: callers }, (_, w) => worker(w)));
  const seconds = (now() - started) / 1000;
  return { operations: total, perSecond: total / seconds, ...summary(latencies) };
};

const expectOk = (message) => {
  const { code, info } = decodeResponse(message);
  if (code !== 200000) throw new Error(`answered ${code} ${info}`);
};
// Decoding each answer would slow the client down: one in 64 is checked whole.
const sampled = (check) => {
  let n = 0;
  return (message) => void (n++ % 64 === 0 && check(message));
};

const payloads = ({ namespace, services, total, extra = {} }) =>
  Array.from({ length: total }, (_, i) =>
    instance({ namespace, service: `svc-${i % services}`, ...addressOf(i), ...extra }),
  );

const unaryScenario = (path) => async (options) => {
  const sessions = await connectMany(options.sdk, connectionsFor(options.callers));
  const encoded = payloads(options);
  const result = await closedLoop({
    ...options,
    sessions,
    path,
    payloadOf: (i) => encoded[i],
    check: options.checkAll ? expectOk : sampled(expectOk),
  });
  sessions.forEach((session) => session.close());
  return result;
};

const heartbeat = async (options) => {
  const sessions = await connectMany(options.sdk, connectionsFor(options.callers));
  const encoded = payloads({ ...options, total: options.instances });
  const result = await closedLoop({
    ...options,
    sessions,
    path: PATHS.heartbeat,
    payloadOf: (i) => encoded[i % encoded.length],
    check: sampled(expectOk),
  });
  sessions.forEach((session) => session.close());
  return result;
};

/** One question in flight per stream; `changed` asks without a revision and so gets the whole answer. */
const discoverLoop = async ({ sdk, callers, total, namespace, service, changed, instances }) => {
  const sessions = await connectMany(sdk, connectionsFor(callers));
  const first = await new Promise((resolve) => {
    const stream = openStream(
      sessions[0],
      PATHS.discover,
      (message) => (stream.close(), resolve(decodeDiscover(message))),
    );
    stream.send(discover(namespace, service, ''));
  });
  if (first.instances.length !== instances)
    throw new Error(`the service has ${first.instances.length} instances, not ${instances}`);
  const question = discover(namespace, service, changed ? '' : first.service.revision);
  const latencies = new Float64Array(total);
  let sent = 0;
  let bytes = 0;
  const started = now();
  await Promise.all(
    Array.from(
      { length: callers },
      (_, w) =>
        new Promise((resolve) => {
          let index = -1;
          let startedOne = 0;
          const ask = () => {
            if (sent >= total) return (stream.close(), resolve());
            index = sent++;
            startedOne = now();
            stream.send(question);
          };
          const stream = openStream(sessions[w % sessions.length], PATHS.discover, (message) => {
            latencies[index] = now() - startedOne;
            bytes = message.length;
            ask();
          });
          ask();
        }),
    ),
  );
  const seconds = (now() - started) / 1000;
  sessions.forEach((session) => session.close());
  return { operations: total, perSecond: total / seconds, answerBytes: bytes, ...summary(latencies) };
};

const clusterName = (namespace, service) => `OUTBOUND|${namespace}|${service}`;
const node = (namespace, i) => ({ id: `${namespace}/bench-${i}`, cluster: 'bench', userAgentName: 'envoy' });

/** Opens `streams` delta streams, each on a connection of its own unless `perConnection` says otherwise. */
const openAds = async ({ xds, namespace, service, streams, perConnection = 1, onPush }) => {
  const sessions = await connectMany(xds, Math.ceil(streams / perConnection));
  // Streams in the same place are sent the same bytes, so they are decoded, and answered, once.
  let known = { message: Buffer.alloc(0) };
  const decoded = (message) => {
    if (known.message.equals(message)) return known;
    const response = decodeDelta(message);
    known = {
      message: Buffer.from(message),
      response,
      ack: deltaRequest({ typeUrl: response.typeUrl, responseNonce: response.nonce }),
    };
    return known;
  };
  let first = 0;
  const ready = new Promise((resolve) => {
    for (let i = 0; i < streams; i++) {
      let seen = false;
      const stream = openStream(sessions[Math.floor(i / perConnection)], PATHS.delta, (message) => {
        const { response, ack } = decoded(message);
        stream.send(ack);
        if (seen) return onPush(i, response);
        seen = true;
        if (++first === streams) resolve();
      });
      stream.send(
        deltaRequest({
          node: node(namespace, i),
          typeUrl: EDS,
          resourceNamesSubscribe: [clusterName(namespace, service)],
        }),
      );
    }
  });
  await ready;
  return sessions;
};

/** From the call of RegisterInstance to the EDS push that holds the endpoint, one after the other. */
const propagation = async ({ sdk, xds, namespace, service, samples }) => {
  const [session] = await connectMany(sdk, 1);
  let arrived = () => {};
  const adsSessions = await openAds({ xds, namespace, service, streams: 1, onPush: () => arrived() });
  const latencies = [];
  for (let i = 0; i < samples; i++) {
    const push = new Promise((resolve) => (arrived = resolve));
    const started = now();
    expectOk(await unary(session, PATHS.register, instance({ namespace, service, ...addressOf(i) })));
    await push;
    latencies.push(now() - started);
  }
  [session, ...adsSessions].forEach((each) => each.close());
  return { operations: samples, ...summary(latencies) };
};

/** One endpoint change to many streams; the parent measures the server's CPU between the two lines printed here. */
const fanout = async ({ sdk, xds, namespace, service, streams, changes, perConnection, settleMs = 1000 }) => {
  const [session] = await connectMany(sdk, 1);
  let pushes = 0;
  let started = 0;
  let latencies = [];
  let allArrived = () => {};
  await openAds({
    xds,
    namespace,
    service,
    streams,
    perConnection,
    onPush: () => {
      latencies.push(now() - started);
      if (++pushes === streams) allArrived();
    },
  });
  await new Promise((resolve) => setTimeout(resolve, settleMs));
  process.stdout.write('READY\n');
  await new Promise((resolve) => process.stdin.once('data', resolve));
  const runs = [];
  for (let i = 0; i < changes; i++) {
    pushes = 0;
    latencies = [];
    const all = new Promise((resolve) => (allArrived = resolve));
    started = now();
    await unary(session, PATHS.register, instance({ namespace, service, ...addressOf(100_000 + i) }));
    await all;
    runs.push(summary(latencies));
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  const worst = (key) => runs.map((run) => run[key]).sort((a, b) => a - b);
  return { streams, changes, p99Ms: worst('p99Ms'), allMs: worst('maxMs') };
};

const SCENARIOS = {
  register: unaryScenario(PATHS.register),
  deregister: unaryScenario(PATHS.deregister),
  heartbeat,
  discover: discoverLoop,
  propagation,
  fanout,
};

const [name, options] = process.argv.slice(2);
const scenario = SCENARIOS[name];
if (!scenario) {
  console.error(`unknown scenario "${name}"; one of ${Object.keys(SCENARIOS).join(', ')}`);
  process.exit(2);
}
process.stdout.write(`${JSON.stringify(await scenario(JSON.parse(options ?? '{}')))}\n`);
process.exit(0);
