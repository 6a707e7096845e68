export type StreamKind = 'namespace' | 'service' | 'alias' | 'instance' | 'route-rule' | 'service-routing';

/**
 * The id of a stream: `kind/part/part`. Names may hold slashes, so a part's `%` and `/` are percent-encoded.
 * @example streamId('instance', 'default', 'team/echo', 'id-1') // 'instance/default/team%2Fecho/id-1'
 */
export const streamId = (kind: StreamKind, ...parts: readonly string[]): string =>
  [kind, ...parts.map((part) => (/[%/]/.test(part) ? part.replaceAll('%', '%25').replaceAll('/', '%2F') : part))].join(
    '/',
  );

/** The inverse of {@link streamId}: kind and decoded parts. */
export const parseStreamId = (id: string): { readonly kind: string; readonly parts: readonly string[] } => {
  const [kind = '', ...parts] = id.split('/');
  return { kind, parts: parts.map((part) => part.replaceAll('%2F', '/').replaceAll('%25', '%')) };
};
