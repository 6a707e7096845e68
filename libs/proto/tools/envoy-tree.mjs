// Copies the Envoy .proto files that are needed, and what they import, out of the installed @grpc/grpc-js-xds.
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/** What is generated: these files and everything they import. */
const ROOTS = [
  'envoy/service/discovery/v3/ads.proto',
  'envoy/config/cluster/v3/cluster.proto',
  'envoy/config/endpoint/v3/endpoint.proto',
  'envoy/config/listener/v3/listener.proto',
  'envoy/config/route/v3/route.proto',
  'envoy/extensions/filters/http/on_demand/v3/on_demand.proto',
  'envoy/extensions/filters/http/router/v3/router.proto',
  'envoy/extensions/filters/listener/http_inspector/v3/http_inspector.proto',
  'envoy/extensions/filters/listener/original_dst/v3/original_dst.proto',
  'envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager.proto',
  'envoy/extensions/filters/network/tcp_proxy/v3/tcp_proxy.proto',
  'envoy/extensions/transport_sockets/tls/v3/tls.proto',
  'envoy/extensions/upstreams/http/v3/http_protocol_options.proto',
];

// The shipped validate.proto is older than the Envoy files, which use ignore_empty in these messages.
const IGNORE_EMPTY = { StringRules: 26, BytesRules: 14, RepeatedRules: 5, MapRules: 6 };
const NUMBERS = /^message ((?:Float|Double|S?U?Int(?:32|64)|S?Fixed(?:32|64))Rules) \{$/;

const packageRoot = dirname(createRequire(import.meta.url).resolve('@grpc/grpc-js-xds/package.json'));
const sources = ['envoy-api', 'xds', 'googleapis', 'protoc-gen-validate'].map((name) =>
  join(packageRoot, 'deps', name),
);

/**
 * Fills `target` afresh with the tree that `buf` compiles.
 *
 * @param {string} target
 */
export function assembleEnvoyTree(target) {
  rmSync(target, { recursive: true, force: true });
  for (const path of withImports(ROOTS)) {
    const to = join(target, path);
    mkdirSync(dirname(to), { recursive: true });
    if (path === 'validate/validate.proto') writeFileSync(to, withIgnoreEmpty(readFileSync(locate(path), 'utf8')));
    else copyFileSync(locate(path), to);
  }
}

function withImports(roots) {
  const found = new Set(roots);
  // A Set's iterator also visits what is added on the way.
  for (const path of found) {
    for (const [, imported] of readFileSync(locate(path), 'utf8').matchAll(/^import (?:public )?"([^"]+)";/gm)) {
      if (!imported.startsWith('google/protobuf/')) found.add(imported);
    }
  }
  return found;
}

function locate(path) {
  const file = sources.map((source) => join(source, path)).find((candidate) => existsSync(candidate));
  if (file === undefined) throw new Error(`${path} is not in ${packageRoot}`);
  return file;
}

function withIgnoreEmpty(text) {
  if (text.includes('ignore_empty')) return text;
  return text.replace(/^message \w+ \{$/gm, (line) => {
    const number = IGNORE_EMPTY[line.split(' ')[1]] ?? (NUMBERS.test(line) ? 8 : undefined);
    return number === undefined ? line : `${line}\n    optional bool ignore_empty = ${number};`;
  });
}
