import { fromBinary } from '@bufbuild/protobuf';
import fc from 'fast-check';
import { envoy } from '@thuban/proto';
import { testResource } from '@thuban/testing';
import { PUSH_ORDER, TYPE_URL } from '@thuban/xds-snapshot';
import { createPushPress, versionOf, type Item } from './index.js';

const anyItems = fc
  .uniqueArray(fc.tuple(fc.string({ minLength: 1 }), fc.option(fc.string({ maxLength: 300 }))), {
    selector: ([name]) => name,
  })
  .map((items) =>
    items.map(([name, content]): Item => ({
      name,
      resource: content === null ? undefined : testResource('EDS', name, { content }),
    })),
  );

it('R9, R32, R33: a delta response decodes to what was put in, with nonce, version and control plane', () =>
  fc.assert(
    fc.property(anyItems, (items) => {
      const { bytes, nonce, version } = createPushPress('thuban-1').press('delta', 'EDS', items, false, 0);
      const response = fromBinary(envoy.DeltaDiscoveryResponseSchema, bytes);
      expect(response.resources.map(({ name, version }) => [name, version])).toEqual(
        items.flatMap(({ name, resource }) => (resource ? [[name, resource.version]] : [])),
      );
      for (const { resource } of response.resources) expect(resource?.typeUrl).toBe(TYPE_URL.EDS);
      expect(response.removedResources).toEqual(items.filter(({ resource }) => !resource).map(({ name }) => name));
      expect(response).toMatchObject({ nonce, systemVersionInfo: version, typeUrl: TYPE_URL.EDS });
      expect(response.controlPlane?.identifier).toBe('thuban-1');
    }),
  ));

it('R9, R10: a SotW response decodes to what was put in', () =>
  fc.assert(
    fc.property(anyItems, fc.boolean(), (items, complete) => {
      const { bytes, nonce, version } = createPushPress('thuban-1').press('sotw', 'EDS', items, complete, 0);
      const response = fromBinary(envoy.DiscoveryResponseSchema, bytes);
      const there = items.filter(({ resource }) => resource);
      expect(response.resources.map(({ value }) => Buffer.from(value))).toEqual(
        there.map(({ resource }) => resource!.bytes),
      );
      expect(response).toMatchObject({ nonce, versionInfo: version, typeUrl: TYPE_URL.EDS });
      expect(response.controlPlane?.identifier).toBe('thuban-1');
      // R60, R16: a part says what is missing, the whole says it by absence
      const errors = (response.$unknown ?? []).filter(({ no }) => no === 7);
      expect(errors).toHaveLength(complete ? 0 : items.length - there.length);
    }),
  ));

describe('the version', () => {
  it('R14, 4.3-10: is of the content: not of the order, nor of when or where it was made', () =>
    fc.assert(
      fc.property(anyItems, (items) => {
        expect(versionOf([...items].reverse())).toBe(versionOf(items));
        const [one, two] = [createPushPress('a'), createPushPress('b')];
        two.press('delta', 'CDS', [], false, 0);
        expect(two.press('sotw', 'EDS', items, false, 0).version).toBe(
          one.press('sotw', 'EDS', items, false, 0).version,
        );
      }),
    ));

  it('differs with content', () => {
    const of = (...contents: [string, string][]) =>
      versionOf(contents.map(([name, content]) => ({ name, resource: testResource('EDS', name, { content }) })));
    expect(new Set([of(['a', '1']), of(['a', '2']), of(['b', '1']), of(['a', '1'], ['b', '1']), of()]).size).toBe(5);
  });

  it('R14: of a whole SotW list does not say what has left it', () => {
    const here = { name: 'a', resource: testResource('CDS', 'a', { content: '1' }) };
    const press = createPushPress('a');
    expect(press.press('sotw', 'CDS', [here, { name: 'b', resource: undefined }], true, 0).version).toBe(
      press.press('sotw', 'CDS', [here], true, 0).version,
    );
  });
});

describe('streams in the same situation', () => {
  const item = { name: 'a', resource: testResource('EDS', 'a', { content: '1' }) };

  it('share every byte of a response, whenever they come to it', () => {
    const press = createPushPress('a');
    const first = press.press('delta', 'EDS', [item], false, 0);
    press.press('delta', 'EDS', [], false, 0);
    expect(press.press('delta', 'EDS', [{ ...item }], false, first.sequence - 1)).toBe(first);
  });

  it('INV-11: get no nonce that is not later than their last one', () => {
    const press = createPushPress('a');
    const first = press.press('delta', 'EDS', [item], false, 0);
    const again = press.press('delta', 'EDS', [item], false, first.sequence);
    expect(again.sequence).toBeGreaterThan(first.sequence);
    expect(again.version).toBe(first.version);
    expect(press.press('delta', 'EDS', [item], false, 0)).toBe(again); // the newer one is the one to share
  });

  it('are not taken for each other', () => {
    const press = createPushPress('a');
    const pushes = PUSH_ORDER.flatMap((type) => [
      press.press('delta', type, [item], false, 0),
      press.press('sotw', type, [item], false, 0),
      press.press('sotw', type, [item], true, 0),
      press.press('delta', type, [], false, 0),
      press.press('delta', type, [{ name: 'a', resource: undefined }], false, 0),
    ]);
    expect(new Set(pushes.map(({ nonce }) => nonce)).size).toBe(pushes.length);
  });
});
