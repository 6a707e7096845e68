import 'reflect-metadata';
import { createServer, type AddressInfo } from 'node:net';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Transport, type GrpcOptions } from '@nestjs/microservices';
import { connectAds, memorySource } from '@thuban/testing';
import { nodeFacts } from '@thuban/xds-snapshot';
import { xdsServer } from './index.js';

const clock = { now: Date.now, monotonic: () => performance.now(), after: () => new Promise<void>(() => undefined) };

const freePort = () =>
  new Promise<number>((resolve) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as AddressInfo;
      probe.close(() => resolve(port));
    });
  });

it("serves both modes under Nest's gRPC transport, and stops with it", async () => {
  const source = memorySource();
  const xds = xdsServer({
    resources: source,
    nodeFacts,
    clock,
    afterPoll: setImmediate,
    ready: () => true,
    limits: { closeMs: 0 },
  });
  @Module({ controllers: [...xds.controllers] })
  class AdsModule {}
  const port = await freePort();
  const app = await NestFactory.createMicroservice<GrpcOptions>(AdsModule, {
    transport: Transport.GRPC,
    logger: false,
    options: {
      package: 'envoy.service.discovery.v3',
      packageDefinition: xds.packageDefinition as never,
      url: `127.0.0.1:${port}`,
      gracefulShutdown: true, // or the streams are cut before they are told why
    },
  });
  await app.listen();
  source.put(['CDS', 'a', '1']);
  for (const mode of ['delta', 'sotw'] as const) {
    const client = connectAds(port, { mode });
    client.subscribe('CDS');
    expect([...(await client.accept('CDS')).resources.keys()]).toEqual(['a']);
    client.close();
  }
  const last = connectAds(port);
  last.subscribe('CDS');
  await last.accept('CDS');
  await xds.close();
  await app.close();
  expect(await last.ended).toMatchObject({ details: 'shutting down' });
  last.close();
});
