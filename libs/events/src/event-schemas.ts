// Made by tools/events/generate.mjs from the types beside it.
import type { EventSchema } from './schema-problem.js';

/** The schema of the body of every event. */
export const EVENT_SCHEMAS: readonly EventSchema[] = [
  {
    log: 'registry',
    type: 'NamespaceCreated',
    version: 'v1',
    schema: {
      title: 'NamespaceCreated.v1',
      description: 'A namespace is new.',
      type: 'object',
      properties: { data: { $ref: '#/definitions/Namespace' }, meta: { $ref: '#/definitions/EventMeta' } },
      required: ['data', 'meta'],
      definitions: {
        Namespace: {
          description: 'A tenant or environment that services live in.',
          type: 'object',
          properties: {
            name: { type: 'string' },
            comment: { type: 'string' },
            owners: { type: 'string' },
            metadata: { type: 'object', additionalProperties: { type: 'string' } },
          },
          required: ['name', 'comment', 'owners', 'metadata'],
        },
        EventMeta: {
          description:
            'Who caused an event and on which request. Written by the edge, never taken from what a client claims to be.',
          type: 'object',
          properties: {
            actor: { description: '`sdk:<address>`, `http:<address>`, `system`.', type: 'string' },
            requestId: { type: 'string' },
            traceparent: { description: 'W3C trace context of the request.', type: 'string' },
            idempotency: {
              description:
                'Set on the first event that a command with an `Idempotency-Key` caused: a repeat of the command gets `answer` again.',
              type: 'object',
              properties: { key: { type: 'string' }, fingerprint: { type: 'string' }, answer: {} },
              required: ['key', 'fingerprint', 'answer'],
            },
          },
          required: ['actor', 'requestId'],
        },
      },
    },
  },
  {
    log: 'registry',
    type: 'NamespaceChanged',
    version: 'v1',
    schema: {
      title: 'NamespaceChanged.v1',
      description: 'A namespace was described anew; `data` is all of it.',
      type: 'object',
      properties: { data: { $ref: '#/definitions/Namespace' }, meta: { $ref: '#/definitions/EventMeta' } },
      required: ['data', 'meta'],
      definitions: {
        Namespace: {
          description: 'A tenant or environment that services live in.',
          type: 'object',
          properties: {
            name: { type: 'string' },
            comment: { type: 'string' },
            owners: { type: 'string' },
            metadata: { type: 'object', additionalProperties: { type: 'string' } },
          },
          required: ['name', 'comment', 'owners', 'metadata'],
        },
        EventMeta: {
          description:
            'Who caused an event and on which request. Written by the edge, never taken from what a client claims to be.',
          type: 'object',
          properties: {
            actor: { description: '`sdk:<address>`, `http:<address>`, `system`.', type: 'string' },
            requestId: { type: 'string' },
            traceparent: { description: 'W3C trace context of the request.', type: 'string' },
            idempotency: {
              description:
                'Set on the first event that a command with an `Idempotency-Key` caused: a repeat of the command gets `answer` again.',
              type: 'object',
              properties: { key: { type: 'string' }, fingerprint: { type: 'string' }, answer: {} },
              required: ['key', 'fingerprint', 'answer'],
            },
          },
          required: ['actor', 'requestId'],
        },
      },
    },
  },
  {
    log: 'registry',
    type: 'NamespaceDeleted',
    version: 'v1',
    schema: {
      title: 'NamespaceDeleted.v1',
      description: 'A namespace is gone. A later event of something in it makes it again.',
      type: 'object',
      properties: {
        data: { type: 'object', properties: { name: { type: 'string' } }, required: ['name'] },
        meta: { $ref: '#/definitions/EventMeta' },
      },
      required: ['data', 'meta'],
      definitions: {
        EventMeta: {
          description:
            'Who caused an event and on which request. Written by the edge, never taken from what a client claims to be.',
          type: 'object',
          properties: {
            actor: { description: '`sdk:<address>`, `http:<address>`, `system`.', type: 'string' },
            requestId: { type: 'string' },
            traceparent: { description: 'W3C trace context of the request.', type: 'string' },
            idempotency: {
              description:
                'Set on the first event that a command with an `Idempotency-Key` caused: a repeat of the command gets `answer` again.',
              type: 'object',
              properties: { key: { type: 'string' }, fingerprint: { type: 'string' }, answer: {} },
              required: ['key', 'fingerprint', 'answer'],
            },
          },
          required: ['actor', 'requestId'],
        },
      },
    },
  },
  {
    log: 'registry',
    type: 'ServiceCreated',
    version: 'v1',
    schema: {
      title: 'ServiceCreated.v1',
      description: 'A service is new.',
      type: 'object',
      properties: { data: { $ref: '#/definitions/Service' }, meta: { $ref: '#/definitions/EventMeta' } },
      required: ['data', 'meta'],
      definitions: {
        Service: {
          description: 'A service as its owner described it; instances are streams of their own in the same shard.',
          type: 'object',
          properties: {
            namespace: { type: 'string' },
            name: { type: 'string' },
            metadata: { type: 'object', additionalProperties: { type: 'string' } },
            ports: { type: 'string' },
            business: { type: 'string' },
            department: { type: 'string' },
            comment: { type: 'string' },
            owners: { type: 'string' },
          },
          required: ['namespace', 'name', 'metadata', 'ports', 'business', 'department', 'comment', 'owners'],
        },
        EventMeta: {
          description:
            'Who caused an event and on which request. Written by the edge, never taken from what a client claims to be.',
          type: 'object',
          properties: {
            actor: { description: '`sdk:<address>`, `http:<address>`, `system`.', type: 'string' },
            requestId: { type: 'string' },
            traceparent: { description: 'W3C trace context of the request.', type: 'string' },
            idempotency: {
              description:
                'Set on the first event that a command with an `Idempotency-Key` caused: a repeat of the command gets `answer` again.',
              type: 'object',
              properties: { key: { type: 'string' }, fingerprint: { type: 'string' }, answer: {} },
              required: ['key', 'fingerprint', 'answer'],
            },
          },
          required: ['actor', 'requestId'],
        },
      },
    },
  },
  {
    log: 'registry',
    type: 'ServiceChanged',
    version: 'v1',
    schema: {
      title: 'ServiceChanged.v1',
      description: 'A service was described anew; `data` is all of it.',
      type: 'object',
      properties: { data: { $ref: '#/definitions/Service' }, meta: { $ref: '#/definitions/EventMeta' } },
      required: ['data', 'meta'],
      definitions: {
        Service: {
          description: 'A service as its owner described it; instances are streams of their own in the same shard.',
          type: 'object',
          properties: {
            namespace: { type: 'string' },
            name: { type: 'string' },
            metadata: { type: 'object', additionalProperties: { type: 'string' } },
            ports: { type: 'string' },
            business: { type: 'string' },
            department: { type: 'string' },
            comment: { type: 'string' },
            owners: { type: 'string' },
          },
          required: ['namespace', 'name', 'metadata', 'ports', 'business', 'department', 'comment', 'owners'],
        },
        EventMeta: {
          description:
            'Who caused an event and on which request. Written by the edge, never taken from what a client claims to be.',
          type: 'object',
          properties: {
            actor: { description: '`sdk:<address>`, `http:<address>`, `system`.', type: 'string' },
            requestId: { type: 'string' },
            traceparent: { description: 'W3C trace context of the request.', type: 'string' },
            idempotency: {
              description:
                'Set on the first event that a command with an `Idempotency-Key` caused: a repeat of the command gets `answer` again.',
              type: 'object',
              properties: { key: { type: 'string' }, fingerprint: { type: 'string' }, answer: {} },
              required: ['key', 'fingerprint', 'answer'],
            },
          },
          required: ['actor', 'requestId'],
        },
      },
    },
  },
  {
    log: 'registry',
    type: 'ServiceDeleted',
    version: 'v1',
    schema: {
      title: 'ServiceDeleted.v1',
      description: 'A service is gone; it had no instances.',
      type: 'object',
      properties: {
        data: {
          type: 'object',
          properties: { namespace: { type: 'string' }, name: { type: 'string' } },
          required: ['namespace', 'name'],
        },
        meta: { $ref: '#/definitions/EventMeta' },
      },
      required: ['data', 'meta'],
      definitions: {
        EventMeta: {
          description:
            'Who caused an event and on which request. Written by the edge, never taken from what a client claims to be.',
          type: 'object',
          properties: {
            actor: { description: '`sdk:<address>`, `http:<address>`, `system`.', type: 'string' },
            requestId: { type: 'string' },
            traceparent: { description: 'W3C trace context of the request.', type: 'string' },
            idempotency: {
              description:
                'Set on the first event that a command with an `Idempotency-Key` caused: a repeat of the command gets `answer` again.',
              type: 'object',
              properties: { key: { type: 'string' }, fingerprint: { type: 'string' }, answer: {} },
              required: ['key', 'fingerprint', 'answer'],
            },
          },
          required: ['actor', 'requestId'],
        },
      },
    },
  },
  {
    log: 'registry',
    type: 'AliasCreated',
    version: 'v1',
    schema: {
      title: 'AliasCreated.v1',
      description: 'A service has a second name.',
      type: 'object',
      properties: { data: { $ref: '#/definitions/Alias' }, meta: { $ref: '#/definitions/EventMeta' } },
      required: ['data', 'meta'],
      definitions: {
        Alias: {
          description:
            'A second name of a service, one level deep. It lives among the service names of its own namespace.',
          type: 'object',
          properties: {
            namespace: { type: 'string' },
            name: { type: 'string' },
            targetNamespace: { type: 'string' },
            targetService: { type: 'string' },
            comment: { type: 'string' },
            owners: { type: 'string' },
          },
          required: ['namespace', 'name', 'targetNamespace', 'targetService', 'comment', 'owners'],
        },
        EventMeta: {
          description:
            'Who caused an event and on which request. Written by the edge, never taken from what a client claims to be.',
          type: 'object',
          properties: {
            actor: { description: '`sdk:<address>`, `http:<address>`, `system`.', type: 'string' },
            requestId: { type: 'string' },
            traceparent: { description: 'W3C trace context of the request.', type: 'string' },
            idempotency: {
              description:
                'Set on the first event that a command with an `Idempotency-Key` caused: a repeat of the command gets `answer` again.',
              type: 'object',
              properties: { key: { type: 'string' }, fingerprint: { type: 'string' }, answer: {} },
              required: ['key', 'fingerprint', 'answer'],
            },
          },
          required: ['actor', 'requestId'],
        },
      },
    },
  },
  {
    log: 'registry',
    type: 'AliasDeleted',
    version: 'v1',
    schema: {
      title: 'AliasDeleted.v1',
      description: 'A second name is gone.',
      type: 'object',
      properties: {
        data: {
          type: 'object',
          properties: { namespace: { type: 'string' }, name: { type: 'string' } },
          required: ['namespace', 'name'],
        },
        meta: { $ref: '#/definitions/EventMeta' },
      },
      required: ['data', 'meta'],
      definitions: {
        EventMeta: {
          description:
            'Who caused an event and on which request. Written by the edge, never taken from what a client claims to be.',
          type: 'object',
          properties: {
            actor: { description: '`sdk:<address>`, `http:<address>`, `system`.', type: 'string' },
            requestId: { type: 'string' },
            traceparent: { description: 'W3C trace context of the request.', type: 'string' },
            idempotency: {
              description:
                'Set on the first event that a command with an `Idempotency-Key` caused: a repeat of the command gets `answer` again.',
              type: 'object',
              properties: { key: { type: 'string' }, fingerprint: { type: 'string' }, answer: {} },
              required: ['key', 'fingerprint', 'answer'],
            },
          },
          required: ['actor', 'requestId'],
        },
      },
    },
  },
  {
    log: 'registry',
    type: 'InstanceRegistered',
    version: 'v1',
    schema: {
      title: 'InstanceRegistered.v1',
      description: 'An instance is there, also again with other content: this event begins its incarnation.',
      type: 'object',
      properties: { data: { $ref: '#/definitions/Instance' }, meta: { $ref: '#/definitions/EventMeta' } },
      required: ['data', 'meta'],
      definitions: {
        Instance: {
          description:
            'One process that serves a service. `healthy` is the flag it registered with; verdicts of the health check are events of another log.',
          type: 'object',
          properties: {
            id: { type: 'string' },
            namespace: { type: 'string' },
            service: { type: 'string' },
            vpcId: { type: 'string' },
            host: { type: 'string' },
            port: { type: 'integer' },
            protocol: { type: 'string' },
            version: { type: 'string' },
            logicSet: { type: 'string' },
            priority: { type: 'integer' },
            weight: { type: 'integer' },
            healthy: { type: 'boolean' },
            isolated: { type: 'boolean' },
            location: { $ref: '#/definitions/Location' },
            metadata: { type: 'object', additionalProperties: { type: 'string' } },
            healthCheck: { $ref: '#/definitions/HealthCheck' },
          },
          required: [
            'id',
            'namespace',
            'service',
            'vpcId',
            'host',
            'port',
            'protocol',
            'version',
            'logicSet',
            'priority',
            'weight',
            'healthy',
            'isolated',
            'location',
            'metadata',
          ],
        },
        Location: {
          type: 'object',
          properties: { region: { type: 'string' }, zone: { type: 'string' }, campus: { type: 'string' } },
          required: ['region', 'zone', 'campus'],
        },
        HealthCheck: {
          description: 'Heartbeats are expected every `ttlSeconds`; absent on an instance means nobody checks it.',
          type: 'object',
          properties: { ttlSeconds: { type: 'integer' } },
          required: ['ttlSeconds'],
        },
        EventMeta: {
          description:
            'Who caused an event and on which request. Written by the edge, never taken from what a client claims to be.',
          type: 'object',
          properties: {
            actor: { description: '`sdk:<address>`, `http:<address>`, `system`.', type: 'string' },
            requestId: { type: 'string' },
            traceparent: { description: 'W3C trace context of the request.', type: 'string' },
            idempotency: {
              description:
                'Set on the first event that a command with an `Idempotency-Key` caused: a repeat of the command gets `answer` again.',
              type: 'object',
              properties: { key: { type: 'string' }, fingerprint: { type: 'string' }, answer: {} },
              required: ['key', 'fingerprint', 'answer'],
            },
          },
          required: ['actor', 'requestId'],
        },
      },
    },
  },
  {
    log: 'registry',
    type: 'InstanceChanged',
    version: 'v1',
    schema: {
      title: 'InstanceChanged.v1',
      description: 'An operator changed an instance; `data` is all of it.',
      type: 'object',
      properties: { data: { $ref: '#/definitions/Instance' }, meta: { $ref: '#/definitions/EventMeta' } },
      required: ['data', 'meta'],
      definitions: {
        Instance: {
          description:
            'One process that serves a service. `healthy` is the flag it registered with; verdicts of the health check are events of another log.',
          type: 'object',
          properties: {
            id: { type: 'string' },
            namespace: { type: 'string' },
            service: { type: 'string' },
            vpcId: { type: 'string' },
            host: { type: 'string' },
            port: { type: 'integer' },
            protocol: { type: 'string' },
            version: { type: 'string' },
            logicSet: { type: 'string' },
            priority: { type: 'integer' },
            weight: { type: 'integer' },
            healthy: { type: 'boolean' },
            isolated: { type: 'boolean' },
            location: { $ref: '#/definitions/Location' },
            metadata: { type: 'object', additionalProperties: { type: 'string' } },
            healthCheck: { $ref: '#/definitions/HealthCheck' },
          },
          required: [
            'id',
            'namespace',
            'service',
            'vpcId',
            'host',
            'port',
            'protocol',
            'version',
            'logicSet',
            'priority',
            'weight',
            'healthy',
            'isolated',
            'location',
            'metadata',
          ],
        },
        Location: {
          type: 'object',
          properties: { region: { type: 'string' }, zone: { type: 'string' }, campus: { type: 'string' } },
          required: ['region', 'zone', 'campus'],
        },
        HealthCheck: {
          description: 'Heartbeats are expected every `ttlSeconds`; absent on an instance means nobody checks it.',
          type: 'object',
          properties: { ttlSeconds: { type: 'integer' } },
          required: ['ttlSeconds'],
        },
        EventMeta: {
          description:
            'Who caused an event and on which request. Written by the edge, never taken from what a client claims to be.',
          type: 'object',
          properties: {
            actor: { description: '`sdk:<address>`, `http:<address>`, `system`.', type: 'string' },
            requestId: { type: 'string' },
            traceparent: { description: 'W3C trace context of the request.', type: 'string' },
            idempotency: {
              description:
                'Set on the first event that a command with an `Idempotency-Key` caused: a repeat of the command gets `answer` again.',
              type: 'object',
              properties: { key: { type: 'string' }, fingerprint: { type: 'string' }, answer: {} },
              required: ['key', 'fingerprint', 'answer'],
            },
          },
          required: ['actor', 'requestId'],
        },
      },
    },
  },
  {
    log: 'registry',
    type: 'InstanceDeregistered',
    version: 'v1',
    schema: {
      title: 'InstanceDeregistered.v1',
      description: 'An instance is gone.',
      type: 'object',
      properties: {
        data: {
          type: 'object',
          properties: { namespace: { type: 'string' }, service: { type: 'string' }, id: { type: 'string' } },
          required: ['namespace', 'service', 'id'],
        },
        meta: { $ref: '#/definitions/EventMeta' },
      },
      required: ['data', 'meta'],
      definitions: {
        EventMeta: {
          description:
            'Who caused an event and on which request. Written by the edge, never taken from what a client claims to be.',
          type: 'object',
          properties: {
            actor: { description: '`sdk:<address>`, `http:<address>`, `system`.', type: 'string' },
            requestId: { type: 'string' },
            traceparent: { description: 'W3C trace context of the request.', type: 'string' },
            idempotency: {
              description:
                'Set on the first event that a command with an `Idempotency-Key` caused: a repeat of the command gets `answer` again.',
              type: 'object',
              properties: { key: { type: 'string' }, fingerprint: { type: 'string' }, answer: {} },
              required: ['key', 'fingerprint', 'answer'],
            },
          },
          required: ['actor', 'requestId'],
        },
      },
    },
  },
  {
    log: 'rules',
    type: 'RouteRuleCreated',
    version: 'v1',
    schema: {
      title: 'RouteRuleCreated.v1',
      description: 'A routing rule is new.',
      type: 'object',
      properties: { data: { $ref: '#/definitions/RouteRule' }, meta: { $ref: '#/definitions/EventMeta' } },
      required: ['data', 'meta'],
      definitions: {
        RouteRule: {
          description:
            'A routing rule as operators write it (Polaris v2, RulePolicy). `branches` are tried in order, rules by ascending `priority`.',
          type: 'object',
          properties: {
            id: { type: 'string' },
            namespace: { type: 'string' },
            name: { type: 'string' },
            description: { type: 'string' },
            enabled: { type: 'boolean' },
            priority: { type: 'integer' },
            metadata: { type: 'object', additionalProperties: { type: 'string' } },
            branches: { type: 'array', items: { $ref: '#/definitions/RouteBranch' } },
          },
          required: ['id', 'namespace', 'name', 'description', 'enabled', 'priority', 'metadata', 'branches'],
        },
        RouteBranch: {
          description: 'One alternative: any of `sources` (none: everybody), to `destinations`.',
          type: 'object',
          properties: {
            name: { type: 'string' },
            sources: { type: 'array', items: { $ref: '#/definitions/RouteSource' } },
            destinations: { type: 'array', items: { $ref: '#/definitions/RouteDestination' } },
          },
          required: ['name', 'sources', 'destinations'],
        },
        RouteSource: {
          description: 'Whose traffic a rule is about; `*` stands for any. All of `arguments` must match.',
          type: 'object',
          properties: {
            namespace: { type: 'string' },
            service: { type: 'string' },
            arguments: { type: 'array', items: { $ref: '#/definitions/RequestMatch' } },
          },
          required: ['namespace', 'service', 'arguments'],
        },
        RequestMatch: {
          description: 'What a request carries that a rule looks at. `key` is empty for METHOD, PATH and CALLER_IP.',
          type: 'object',
          properties: {
            type: {
              type: 'string',
              enum: ['CUSTOM', 'METHOD', 'HEADER', 'QUERY', 'CALLER_IP', 'PATH', 'COOKIE', 'CALLER_METADATA'],
            },
            key: { type: 'string' },
            value: { $ref: '#/definitions/MatchValue' },
          },
          required: ['type', 'key', 'value'],
        },
        MatchValue: {
          description:
            'How a label, header or query parameter is compared. `RANGE` is `min~max`, `IN` and `NOT_IN` are comma separated.',
          type: 'object',
          properties: {
            type: { type: 'string', enum: ['EXACT', 'REGEX', 'NOT_EQUALS', 'IN', 'NOT_IN', 'RANGE'] },
            valueType: {
              description:
                "`TEXT` compares with `value`; `PARAMETER` with the caller's own value of the same key; `VARIABLE` with a variable of the caller's environment.",
              type: 'string',
              enum: ['TEXT', 'PARAMETER', 'VARIABLE'],
            },
            value: { type: 'string' },
          },
          required: ['type', 'valueType', 'value'],
        },
        RouteDestination: {
          description:
            'The instances of a service with certain labels. The lowest `priority` is used first, `weight` divides within it.',
          type: 'object',
          properties: {
            namespace: { type: 'string' },
            service: { type: 'string' },
            name: { type: 'string' },
            labels: { type: 'object', additionalProperties: { $ref: '#/definitions/MatchValue' } },
            priority: { type: 'integer' },
            weight: { type: 'integer' },
            isolated: { type: 'boolean' },
            transfer: { description: 'Another service that takes the traffic, or empty.', type: 'string' },
          },
          required: ['namespace', 'service', 'name', 'labels', 'priority', 'weight', 'isolated', 'transfer'],
        },
        EventMeta: {
          description:
            'Who caused an event and on which request. Written by the edge, never taken from what a client claims to be.',
          type: 'object',
          properties: {
            actor: { description: '`sdk:<address>`, `http:<address>`, `system`.', type: 'string' },
            requestId: { type: 'string' },
            traceparent: { description: 'W3C trace context of the request.', type: 'string' },
            idempotency: {
              description:
                'Set on the first event that a command with an `Idempotency-Key` caused: a repeat of the command gets `answer` again.',
              type: 'object',
              properties: { key: { type: 'string' }, fingerprint: { type: 'string' }, answer: {} },
              required: ['key', 'fingerprint', 'answer'],
            },
          },
          required: ['actor', 'requestId'],
        },
      },
    },
  },
  {
    log: 'rules',
    type: 'RouteRuleChanged',
    version: 'v1',
    schema: {
      title: 'RouteRuleChanged.v1',
      description: 'A routing rule was changed; `data` is all of it.',
      type: 'object',
      properties: { data: { $ref: '#/definitions/RouteRule' }, meta: { $ref: '#/definitions/EventMeta' } },
      required: ['data', 'meta'],
      definitions: {
        RouteRule: {
          description:
            'A routing rule as operators write it (Polaris v2, RulePolicy). `branches` are tried in order, rules by ascending `priority`.',
          type: 'object',
          properties: {
            id: { type: 'string' },
            namespace: { type: 'string' },
            name: { type: 'string' },
            description: { type: 'string' },
            enabled: { type: 'boolean' },
            priority: { type: 'integer' },
            metadata: { type: 'object', additionalProperties: { type: 'string' } },
            branches: { type: 'array', items: { $ref: '#/definitions/RouteBranch' } },
          },
          required: ['id', 'namespace', 'name', 'description', 'enabled', 'priority', 'metadata', 'branches'],
        },
        RouteBranch: {
          description: 'One alternative: any of `sources` (none: everybody), to `destinations`.',
          type: 'object',
          properties: {
            name: { type: 'string' },
            sources: { type: 'array', items: { $ref: '#/definitions/RouteSource' } },
            destinations: { type: 'array', items: { $ref: '#/definitions/RouteDestination' } },
          },
          required: ['name', 'sources', 'destinations'],
        },
        RouteSource: {
          description: 'Whose traffic a rule is about; `*` stands for any. All of `arguments` must match.',
          type: 'object',
          properties: {
            namespace: { type: 'string' },
            service: { type: 'string' },
            arguments: { type: 'array', items: { $ref: '#/definitions/RequestMatch' } },
          },
          required: ['namespace', 'service', 'arguments'],
        },
        RequestMatch: {
          description: 'What a request carries that a rule looks at. `key` is empty for METHOD, PATH and CALLER_IP.',
          type: 'object',
          properties: {
            type: {
              type: 'string',
              enum: ['CUSTOM', 'METHOD', 'HEADER', 'QUERY', 'CALLER_IP', 'PATH', 'COOKIE', 'CALLER_METADATA'],
            },
            key: { type: 'string' },
            value: { $ref: '#/definitions/MatchValue' },
          },
          required: ['type', 'key', 'value'],
        },
        MatchValue: {
          description:
            'How a label, header or query parameter is compared. `RANGE` is `min~max`, `IN` and `NOT_IN` are comma separated.',
          type: 'object',
          properties: {
            type: { type: 'string', enum: ['EXACT', 'REGEX', 'NOT_EQUALS', 'IN', 'NOT_IN', 'RANGE'] },
            valueType: {
              description:
                "`TEXT` compares with `value`; `PARAMETER` with the caller's own value of the same key; `VARIABLE` with a variable of the caller's environment.",
              type: 'string',
              enum: ['TEXT', 'PARAMETER', 'VARIABLE'],
            },
            value: { type: 'string' },
          },
          required: ['type', 'valueType', 'value'],
        },
        RouteDestination: {
          description:
            'The instances of a service with certain labels. The lowest `priority` is used first, `weight` divides within it.',
          type: 'object',
          properties: {
            namespace: { type: 'string' },
            service: { type: 'string' },
            name: { type: 'string' },
            labels: { type: 'object', additionalProperties: { $ref: '#/definitions/MatchValue' } },
            priority: { type: 'integer' },
            weight: { type: 'integer' },
            isolated: { type: 'boolean' },
            transfer: { description: 'Another service that takes the traffic, or empty.', type: 'string' },
          },
          required: ['namespace', 'service', 'name', 'labels', 'priority', 'weight', 'isolated', 'transfer'],
        },
        EventMeta: {
          description:
            'Who caused an event and on which request. Written by the edge, never taken from what a client claims to be.',
          type: 'object',
          properties: {
            actor: { description: '`sdk:<address>`, `http:<address>`, `system`.', type: 'string' },
            requestId: { type: 'string' },
            traceparent: { description: 'W3C trace context of the request.', type: 'string' },
            idempotency: {
              description:
                'Set on the first event that a command with an `Idempotency-Key` caused: a repeat of the command gets `answer` again.',
              type: 'object',
              properties: { key: { type: 'string' }, fingerprint: { type: 'string' }, answer: {} },
              required: ['key', 'fingerprint', 'answer'],
            },
          },
          required: ['actor', 'requestId'],
        },
      },
    },
  },
  {
    log: 'rules',
    type: 'RouteRuleDeleted',
    version: 'v1',
    schema: {
      title: 'RouteRuleDeleted.v1',
      description: 'A routing rule is gone.',
      type: 'object',
      properties: {
        data: { type: 'object', properties: { id: { type: 'string' } }, required: ['id'] },
        meta: { $ref: '#/definitions/EventMeta' },
      },
      required: ['data', 'meta'],
      definitions: {
        EventMeta: {
          description:
            'Who caused an event and on which request. Written by the edge, never taken from what a client claims to be.',
          type: 'object',
          properties: {
            actor: { description: '`sdk:<address>`, `http:<address>`, `system`.', type: 'string' },
            requestId: { type: 'string' },
            traceparent: { description: 'W3C trace context of the request.', type: 'string' },
            idempotency: {
              description:
                'Set on the first event that a command with an `Idempotency-Key` caused: a repeat of the command gets `answer` again.',
              type: 'object',
              properties: { key: { type: 'string' }, fingerprint: { type: 'string' }, answer: {} },
              required: ['key', 'fingerprint', 'answer'],
            },
          },
          required: ['actor', 'requestId'],
        },
      },
    },
  },
  {
    log: 'rules',
    type: 'ServiceRoutingChanged',
    version: 'v1',
    schema: {
      title: 'ServiceRoutingChanged.v1',
      description: 'The routing of a service, in the first form, is new or changed; `data` is all of it.',
      type: 'object',
      properties: { data: { $ref: '#/definitions/ServiceRouting' }, meta: { $ref: '#/definitions/EventMeta' } },
      required: ['data', 'meta'],
      definitions: {
        ServiceRouting: {
          description:
            "The routing of one service in Polaris's first form: who may come in and where its own calls go. Each branch in order, the first match decides.",
          type: 'object',
          properties: {
            namespace: { type: 'string' },
            service: { type: 'string' },
            inbounds: { type: 'array', items: { $ref: '#/definitions/RouteBranch' } },
            outbounds: { type: 'array', items: { $ref: '#/definitions/RouteBranch' } },
          },
          required: ['namespace', 'service', 'inbounds', 'outbounds'],
        },
        RouteBranch: {
          description: 'One alternative: any of `sources` (none: everybody), to `destinations`.',
          type: 'object',
          properties: {
            name: { type: 'string' },
            sources: { type: 'array', items: { $ref: '#/definitions/RouteSource' } },
            destinations: { type: 'array', items: { $ref: '#/definitions/RouteDestination' } },
          },
          required: ['name', 'sources', 'destinations'],
        },
        RouteSource: {
          description: 'Whose traffic a rule is about; `*` stands for any. All of `arguments` must match.',
          type: 'object',
          properties: {
            namespace: { type: 'string' },
            service: { type: 'string' },
            arguments: { type: 'array', items: { $ref: '#/definitions/RequestMatch' } },
          },
          required: ['namespace', 'service', 'arguments'],
        },
        RequestMatch: {
          description: 'What a request carries that a rule looks at. `key` is empty for METHOD, PATH and CALLER_IP.',
          type: 'object',
          properties: {
            type: {
              type: 'string',
              enum: ['CUSTOM', 'METHOD', 'HEADER', 'QUERY', 'CALLER_IP', 'PATH', 'COOKIE', 'CALLER_METADATA'],
            },
            key: { type: 'string' },
            value: { $ref: '#/definitions/MatchValue' },
          },
          required: ['type', 'key', 'value'],
        },
        MatchValue: {
          description:
            'How a label, header or query parameter is compared. `RANGE` is `min~max`, `IN` and `NOT_IN` are comma separated.',
          type: 'object',
          properties: {
            type: { type: 'string', enum: ['EXACT', 'REGEX', 'NOT_EQUALS', 'IN', 'NOT_IN', 'RANGE'] },
            valueType: {
              description:
                "`TEXT` compares with `value`; `PARAMETER` with the caller's own value of the same key; `VARIABLE` with a variable of the caller's environment.",
              type: 'string',
              enum: ['TEXT', 'PARAMETER', 'VARIABLE'],
            },
            value: { type: 'string' },
          },
          required: ['type', 'valueType', 'value'],
        },
        RouteDestination: {
          description:
            'The instances of a service with certain labels. The lowest `priority` is used first, `weight` divides within it.',
          type: 'object',
          properties: {
            namespace: { type: 'string' },
            service: { type: 'string' },
            name: { type: 'string' },
            labels: { type: 'object', additionalProperties: { $ref: '#/definitions/MatchValue' } },
            priority: { type: 'integer' },
            weight: { type: 'integer' },
            isolated: { type: 'boolean' },
            transfer: { description: 'Another service that takes the traffic, or empty.', type: 'string' },
          },
          required: ['namespace', 'service', 'name', 'labels', 'priority', 'weight', 'isolated', 'transfer'],
        },
        EventMeta: {
          description:
            'Who caused an event and on which request. Written by the edge, never taken from what a client claims to be.',
          type: 'object',
          properties: {
            actor: { description: '`sdk:<address>`, `http:<address>`, `system`.', type: 'string' },
            requestId: { type: 'string' },
            traceparent: { description: 'W3C trace context of the request.', type: 'string' },
            idempotency: {
              description:
                'Set on the first event that a command with an `Idempotency-Key` caused: a repeat of the command gets `answer` again.',
              type: 'object',
              properties: { key: { type: 'string' }, fingerprint: { type: 'string' }, answer: {} },
              required: ['key', 'fingerprint', 'answer'],
            },
          },
          required: ['actor', 'requestId'],
        },
      },
    },
  },
  {
    log: 'rules',
    type: 'ServiceRoutingDeleted',
    version: 'v1',
    schema: {
      title: 'ServiceRoutingDeleted.v1',
      description: 'The routing of a service, in the first form, is gone.',
      type: 'object',
      properties: {
        data: {
          type: 'object',
          properties: { namespace: { type: 'string' }, service: { type: 'string' } },
          required: ['namespace', 'service'],
        },
        meta: { $ref: '#/definitions/EventMeta' },
      },
      required: ['data', 'meta'],
      definitions: {
        EventMeta: {
          description:
            'Who caused an event and on which request. Written by the edge, never taken from what a client claims to be.',
          type: 'object',
          properties: {
            actor: { description: '`sdk:<address>`, `http:<address>`, `system`.', type: 'string' },
            requestId: { type: 'string' },
            traceparent: { description: 'W3C trace context of the request.', type: 'string' },
            idempotency: {
              description:
                'Set on the first event that a command with an `Idempotency-Key` caused: a repeat of the command gets `answer` again.',
              type: 'object',
              properties: { key: { type: 'string' }, fingerprint: { type: 'string' }, answer: {} },
              required: ['key', 'fingerprint', 'answer'],
            },
          },
          required: ['actor', 'requestId'],
        },
      },
    },
  },
];
