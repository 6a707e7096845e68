import type { Alias, Instance, Namespace, Service } from '@thuban/events';

/** When and where a row was made and last changed. */
interface Stamps {
  readonly created_seq: number;
  readonly created_at: number;
  readonly changed_seq: number;
  readonly changed_at: number;
}

export interface NamespaceRow extends Stamps {
  readonly name: string;
  readonly comment: string;
  readonly owners: string;
  readonly metadata: string;
}

/** `implied`: 1 when no event describes it and only its instances say that it is there. */
export interface ServiceRow extends Stamps {
  readonly namespace: string;
  readonly name: string;
  readonly metadata: string;
  readonly ports: string;
  readonly business: string;
  readonly department: string;
  readonly comment: string;
  readonly owners: string;
  readonly implied: number;
  readonly touched_seq: number;
}

export interface AliasRow {
  readonly namespace: string;
  readonly name: string;
  readonly target_namespace: string;
  readonly target_service: string;
  readonly comment: string;
  readonly owners: string;
  readonly seq: number;
  readonly created_at: number;
}

export interface InstanceRow {
  readonly namespace: string;
  readonly service: string;
  readonly id: string;
  readonly host: string;
  readonly port: number;
  readonly healthy: number;
  readonly isolated: number;
  /** The Instance as JSON. */
  readonly data: string;
  readonly incarnation: number;
  readonly seq: number;
  readonly registered_at: number;
  readonly changed_at: number;
}

export interface IdempotencyRow {
  readonly idempotency_key: string;
  readonly fingerprint: string;
  readonly answer: string;
  readonly at: number;
}

type Metadata = Readonly<Record<string, string>>;

const NO_METADATA: Metadata = Object.freeze({});

const metadataOf = (json: string): Metadata => (json === '{}' ? NO_METADATA : (JSON.parse(json) as Metadata));

export const namespaceRow = ({ name, comment, owners, metadata }: Namespace, stamps: Stamps): NamespaceRow => ({
  name,
  comment,
  owners,
  metadata: JSON.stringify(metadata),
  ...stamps,
});

export const namespaceOf = ({ name, comment, owners, metadata }: NamespaceRow): Namespace => ({
  name,
  comment,
  owners,
  metadata: metadataOf(metadata),
});

export const serviceRow = (
  { metadata, ...service }: Service,
  stamps: Stamps & Pick<ServiceRow, 'implied' | 'touched_seq'>,
): ServiceRow => ({ ...service, metadata: JSON.stringify(metadata), ...stamps });

export const serviceOf = (row: ServiceRow): Service => ({
  namespace: row.namespace,
  name: row.name,
  metadata: metadataOf(row.metadata),
  ports: row.ports,
  business: row.business,
  department: row.department,
  comment: row.comment,
  owners: row.owners,
});

export const aliasRow = (alias: Alias, stamps: Pick<AliasRow, 'seq' | 'created_at'>): AliasRow => ({
  namespace: alias.namespace,
  name: alias.name,
  target_namespace: alias.targetNamespace,
  target_service: alias.targetService,
  comment: alias.comment,
  owners: alias.owners,
  ...stamps,
});

export const aliasOf = (row: AliasRow): Alias => ({
  namespace: row.namespace,
  name: row.name,
  targetNamespace: row.target_namespace,
  targetService: row.target_service,
  comment: row.comment,
  owners: row.owners,
});

export const instanceRow = (
  instance: Instance,
  stamps: Pick<InstanceRow, 'incarnation' | 'seq' | 'registered_at' | 'changed_at'>,
): InstanceRow => ({
  namespace: instance.namespace,
  service: instance.service,
  id: instance.id,
  host: instance.host,
  port: instance.port,
  healthy: Number(instance.healthy),
  isolated: Number(instance.isolated),
  data: JSON.stringify(instance),
  ...stamps,
});

/** The columns of an instance's row that it is read back from. */
export type StoredInstance = Pick<InstanceRow, 'data' | 'incarnation' | 'seq' | 'registered_at' | 'changed_at'>;

/** An event is 256 Ki characters at most, and V8 refuses strings over 512 Mi. */
const ROWS_PER_PARSE = 1000;

/** The instances of many rows: one parse of a long text is far cheaper than one for each row. */
export const instancesOf = (rows: readonly StoredInstance[]): readonly Instance[] => {
  const instances: Instance[] = [];
  for (let from = 0; from < rows.length; from += ROWS_PER_PARSE) {
    const texts = rows.slice(from, from + ROWS_PER_PARSE).map(({ data }) => data);
    for (const instance of JSON.parse(`[${texts.join(',')}]`) as Instance[]) instances.push(instance);
  }
  return instances;
};
