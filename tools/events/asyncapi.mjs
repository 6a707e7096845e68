// The AsyncAPI 3.0 document of the topics, for outsiders, from the same schemas.
import { attemptSchema, events, logs } from './schemas.mjs';

const string = (description, more = {}) => ({ type: 'string', description, ...more });

const CLOUD_EVENT = {
  ce_specversion: string('Version of CloudEvents.', { const: '1.0' }),
  ce_id: string('Unique: for an event the log id, shard and seq, `<log_id>/<shard>/<seq>`.'),
  ce_source: string('Who says it: `/thuban/<log>`, for an attempt `/thuban/<service>`.'),
  ce_type: string('`dev.thuban.<type>.<version>`. Within a version fields are only added.'),
  ce_time: string('When it was committed. For display: order is `seq`.', { format: 'date-time' }),
  ce_subject: string('The stream: what it is about. For an attempt the command.'),
  'content-type': string('Of the body.', { const: 'application/json' }),
  actor: string('Who caused it: `sdk:<address>`, `http:<address>`, `system`.'),
  traceparent: string('W3C trace context of the request, when there is one.'),
};
const OF_A_LOG = {
  seq: string('The place in the shard: 1, 2, 3 … without gaps.', { pattern: '^[1-9][0-9]*$' }),
  commit_id: string('The same for all events of one commit.'),
  hash: string('Hex SHA-256 over the hash of the event before it in the shard and this event.', {
    pattern: '^[0-9a-f]{64}$',
  }),
  log_id: string('Which log it is: another one after the database was made anew.'),
};
const headers = (properties) => ({
  type: 'object',
  properties,
  required: Object.keys(properties).filter((name) => name !== 'traceparent'),
});

// In the document the definitions of all schemas are shared.
const shared = {};
const refer = (value) => {
  if (Array.isArray(value)) return value.map(refer);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, each]) =>
      key === '$ref' ? [key, each.replace('#/definitions/', '#/components/schemas/')] : [key, refer(each)],
    ),
  );
};
const payloadOf = ({ $schema: _, $id: __, definitions = {}, ...schema }) => {
  for (const [name, definition] of Object.entries(definitions)) shared[name] = refer(definition);
  return refer(schema);
};

const messageOf = ({ type, version, schema }, headersName) => ({
  name: `dev.thuban.${type}.${version}`,
  title: `${type}.${version}`,
  summary: schema.description,
  contentType: 'application/json',
  headers: { $ref: `#/components/schemas/${headersName}` },
  payload: payloadOf(schema),
});

const channelOf = (log, description, names, partitions) => ({
  address: `{prefix}.${log}.v1`,
  description,
  parameters: { prefix: { $ref: '#/components/parameters/prefix' } },
  messages: Object.fromEntries(names.map((name) => [name, { $ref: `#/components/messages/${name}` }])),
  bindings: { kafka: { partitions, bindingVersion: '0.5.0' } },
});
const nameOf = ({ type, version }) => `${type}.${version}`.replace('.', '_');
const attempt = { type: 'Attempt', version: 'v1', schema: attemptSchema };

const ABOUT = `Every change that Thuban has committed, in order, and every command that it denied, refused or failed.
Partition = shard of the log; the key is the stream. Records may come twice; the one with the next \`seq\` of its partition counts, an older one is
skipped, and what is missing before it is read with \`GET /v1/events?log=&shard=&from=\`. docs/events.md says how.`;

const operation = (channel, summary) => [
  `receive_${channel}`,
  { action: 'receive', channel: { $ref: `#/channels/${channel}` }, summary },
];

/** The document, as plain data. */
export const document = () => {
  const messages = Object.fromEntries([
    ...events.map((event) => [nameOf(event), messageOf(event, 'EventHeaders')]),
    [nameOf(attempt), messageOf(attempt, 'AttemptHeaders')],
  ]);
  const ofLog = (log) => events.filter((event) => event.log === log).map(nameOf);
  return {
    asyncapi: '3.0.0',
    info: { title: 'Thuban events', version: '1.0.0', description: ABOUT, license: { name: 'Apache-2.0' } },
    defaultContentType: 'application/json',
    channels: {
      ...Object.fromEntries(
        logs.map(({ log, partitions }) => [
          log,
          channelOf(log, `The log "${log}", kept for ever.`, ofLog(log), partitions),
        ]),
      ),
      audit: channelOf('audit', 'Attempts, best effort, kept 30 days.', [nameOf(attempt)], 1),
    },
    operations: Object.fromEntries([
      ...logs.map(({ log }) => operation(log, `Read the log "${log}".`)),
      operation('audit', 'Read what was attempted and did not happen.'),
    ]),
    components: {
      parameters: { prefix: { description: 'The topic prefix of the installation.', default: 'thuban' } },
      messages,
      schemas: {
        EventHeaders: headers({ ...CLOUD_EVENT, ...OF_A_LOG }),
        AttemptHeaders: headers(CLOUD_EVENT),
        ...Object.fromEntries(Object.entries(shared).sort(([a], [b]) => (a < b ? -1 : 1))),
      },
    },
  };
};
