import { Metadata } from '@grpc/grpc-js';
import { callerOf } from './caller.js';

const from = (peer: string, headers: Record<string, string> = {}) => {
  const metadata = new Metadata();
  for (const [key, value] of Object.entries(headers)) metadata.set(key, value);
  return callerOf(metadata, { getPeer: () => peer });
};

describe('the caller of a call', () => {
  it.each([
    ['127.0.0.1:50123', '127.0.0.1'],
    ['[::1]:50123', '::1'],
    ['unknown', 'unknown'],
  ])('at %s has the address %s', (peer, address) => {
    expect(from(peer).address).toBe(address);
    expect(from(peer).meta().actor).toBe(`sdk:${address}`);
  });
  it('is the connection, whatever it says of itself', () =>
    expect(from('10.0.0.1:1', { 'client-ip': '6.6.6.6' }).meta().actor).toBe('sdk:10.0.0.1'));
  it('brings its request id and trace along', () => {
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    expect(from('a:1', { 'request-id': '42', traceparent }).meta()).toEqual({
      actor: 'sdk:a',
      requestId: '42',
      traceparent,
    });
  });
  it('is in the trace of the span of its call, when that is recorded', () => {
    const metadata = new Metadata();
    metadata.set('traceparent', '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01');
    const span = '00-0af7651916cd43dd8448eb211c80319c-00f067aa0ba902b7-01';
    expect(callerOf(metadata, { getPeer: () => 'a:1' }, span).meta().traceparent).toBe(span);
  });
  it.each(['nonsense', '00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01', `0${'0'.repeat(127)}`])(
    'brings no trace with %s',
    (traceparent) => expect(from('a:1', { traceparent }).meta()).not.toHaveProperty('traceparent'),
  );
  it('gets a request id when it brings none that can be written down', () => {
    const made = from('a:1').meta();
    expect(made.requestId).toMatch(/^[0-9a-f-]{36}$/);
    expect(made).not.toHaveProperty('traceparent');
    expect(from('a:1', { 'request-id': 'x'.repeat(129) }).meta().requestId).toMatch(/^[0-9a-f-]{36}$/);
  });
});
