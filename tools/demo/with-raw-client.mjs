// The part of the demo where no Envoy can be had: a bare ADS client shows what Envoy would be sent. No request is made.
import { createRequire } from 'node:module';
import { line, ms, say, step } from './print.mjs';

const CLUSTER = 'OUTBOUND|default|echo';

/** The endpoints in a ClusterLoadAssignment, as `address weight`. */
const endpointsOf = (envoy, fromBinary, bytes) =>
  fromBinary(envoy.ClusterLoadAssignmentSchema, bytes).endpoints.flatMap(({ lbEndpoints }) =>
    lbEndpoints.map(({ hostIdentifier, loadBalancingWeight }) => {
      const { address, portSpecifier } = hostIdentifier.value.address.address.value;
      return `${address}:${portSpecifier.value} with weight ${loadBalancingWeight ?? 1}`;
    }),
  );

/** Steps 2 to 4 with the client of the workspace's own tests. */
export const withRawClient = async ({ offset, change, defer }) => {
  const require = createRequire(import.meta.url);
  const { connectAds } = require('@thuban/testing');
  const { envoy } = require('@thuban/proto');
  const { fromBinary } = require('@bufbuild/protobuf');
  const client = connectAds(15010 + offset, { node: { id: 'default/demo' } });
  defer(() => client.close());
  const show = (response, startedMs) => {
    say(`  received after ${ms(performance.now() - startedMs)}`);
    for (const endpoint of endpointsOf(envoy, fromBinary, response.bodies.get(CLUSTER))) line('endpoint', endpoint);
  };
  const timed = async (title, act) => {
    step(title);
    const startedMs = performance.now();
    await act();
    show(await client.accept('EDS'), startedMs);
  };
  await timed(`2  A bare ADS client asks for the endpoints of echo (no requests are sent)`, () => {
    client.subscribe('EDS', CLUSTER);
  });
  await timed('3  Move the weight of echo-2 from 10 to 90', () => change('PATCH', { weight: 90 }));
  await timed('4  Deregister echo-2', () => change('DELETE'));
};
