import { fromBinary } from '@bufbuild/protobuf';
import fc from 'fast-check';
import { polaris } from '@thuban/proto';
import { successBytes } from './response-bytes.js';

const text = fc.string({ unit: 'binary', maxLength: 64 });

it('a success written by hand reads as the message that it stands for', () =>
  fc.assert(
    fc.property(text, text, text, text, text, fc.nat(65_535), (id, namespace, service, vpcId, host, port) => {
      const read = fromBinary(polaris.ResponseSchema, successBytes({ id, namespace, service, vpcId, host, port }));
      const { instance } = read;
      expect(read).toMatchObject({ code: 200000, info: 'execute success' });
      expect([
        instance?.id,
        instance?.namespace,
        instance?.service,
        instance?.vpcId,
        instance?.host,
        instance?.port,
      ]).toEqual([id, namespace || undefined, service || undefined, vpcId || undefined, host, port]);
      expect(read.$unknown ?? instance?.$unknown).toBeUndefined();
    }),
    { numRuns: 1000 },
  ));

it('takes the longest names that validation lets through', () => {
  const long = '\uffff'.repeat(128);
  const shown = { id: long, namespace: long, service: long, vpcId: long, host: long, port: 65_535 };
  expect(fromBinary(polaris.ResponseSchema, successBytes(shown)).instance).toMatchObject(shown);
});
