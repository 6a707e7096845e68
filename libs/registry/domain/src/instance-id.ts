import { hash } from 'node:crypto';

/** What makes an instance when it brings no id of its own. `vpcId` "" means none. */
export interface InstanceTuple {
  readonly namespace: string;
  readonly service: string;
  readonly vpcId?: string;
  readonly host: string;
  readonly port: number;
}

/**
 * The id of an instance that did not bring one: hex SHA-1 of namespace, service, [vpc], host and port joined by `##`, as PolarisMesh makes it.
 * @example instanceId({ namespace: 'default', service: 'echo', host: '127.0.0.1', port: 8080 }) // 40 hex digits
 */
export const instanceId = ({ namespace, service, vpcId = '', host, port }: InstanceTuple): string => {
  const vpc = vpcId === '' ? '' : `${vpcId}##`;
  return hash('sha1', `${namespace}##${service}##${vpc}${host}##${port}`, 'hex');
};
