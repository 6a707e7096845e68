import type { NodeFacts, XdsType } from './resource.js';

/** What a view of routes or clusters stands for. */
export interface NamespaceView {
  readonly namespace: string;
  readonly passthrough: boolean;
}

/** The namespace comes last: it is the client's text and may hold anything. */
export const namespaceView = ({ namespace, passthrough }: NamespaceView): string =>
  `${passthrough ? 'redirected' : 'direct'}/${namespace}`;

/** The inverse of {@link namespaceView}. */
export const parseNamespaceView = (view: string): NamespaceView => {
  const slash = view.indexOf('/');
  return { namespace: view.slice(slash + 1), passthrough: view.slice(0, slash) === 'redirected' };
};

/** What a view of routes stands for: rules may tell callers apart. */
export interface RouteView extends NamespaceView {
  /** The service that the node stands for; empty when it did not say. */
  readonly service: string;
}

/** `/` ends the service, whose name is the client's text too. */
const routeView = ({ namespace, passthrough, service }: RouteView): string =>
  namespaceView({ passthrough, namespace: `${service.replaceAll('%', '%25').replaceAll('/', '%2F')}/${namespace}` });

/** The inverse of `viewOf` for routes. */
export const parseRouteView = (view: string): RouteView => {
  const { passthrough, namespace: rest } = parseNamespaceView(view);
  const slash = rest.indexOf('/');
  const service = rest.slice(0, slash).replaceAll('%2F', '/').replaceAll('%25', '%');
  return { passthrough, service, namespace: rest.slice(slash + 1) };
};

/** Endpoints are the same for everybody. */
export const SHARED_VIEW = '';

/** The view of a node: every fact that its resources of that type depend on, and nothing else. */
export const viewOf = (type: XdsType, node: NodeFacts): string => {
  switch (type) {
    case 'CDS':
      return namespaceView(node);
    case 'RDS':
      return routeView(node);
    case 'EDS':
      return SHARED_VIEW;
    case 'LDS':
      return `${node.kind}/${node.passthrough ? 'redirected' : 'direct'}/${node.listenerPort}`;
  }
};

/** The inverse of {@link viewOf} for listeners. */
export const parseListenerView = (view: string): Pick<NodeFacts, 'kind' | 'passthrough' | 'listenerPort'> => {
  const [kind, mode, port] = view.split('/');
  return {
    kind: kind === 'gateway' ? 'gateway' : 'sidecar',
    passthrough: mode === 'redirected',
    listenerPort: Number(port),
  };
};
