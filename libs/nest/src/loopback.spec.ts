import { isLoopback } from './loopback.js';

it.each(['127.0.0.1', '127.8.9.10', '::1', 'localhost'])('%s is loopback', (host) =>
  expect(isLoopback(host)).toBe(true),
);
it.each(['0.0.0.0', '::', '10.0.0.1', '128.0.0.1', 'localhost.example', 'example.com', ''])('%s is not', (host) =>
  expect(isLoopback(host)).toBe(false),
);
