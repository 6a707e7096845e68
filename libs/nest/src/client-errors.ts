import { randomUUID } from 'node:crypto';
import type { Socket } from 'node:net';
import { PROBLEM_CONTENT_TYPE, problemOf, RequestRefused } from './problem.js';

const REFUSALS: Readonly<Record<string, RequestRefused>> = {
  HPE_HEADER_OVERFLOW: new RequestRefused(431, 'HEADERS_TOO_LARGE', 'the headers are larger than 16 KiB'),
  ERR_HTTP_REQUEST_TIMEOUT: new RequestRefused(408, 'REQUEST_TIMEOUT', 'the request did not arrive in time'),
};

/** Answers what Node's parser gives up on, before there is a request that a framework could answer, and closes the connection. */
export const refuseConnection = (error: NodeJS.ErrnoException, socket: Socket): void => {
  if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy();
  const refused = REFUSALS[error.code ?? ''] ?? new RequestRefused(400, 'INVALID_ARGUMENT', 'this is not HTTP/1.1');
  const requestId = randomUUID();
  const problem = problemOf(refused, requestId);
  const body = JSON.stringify(problem);
  const headers = [
    `HTTP/1.1 ${problem.status} ${problem.title}`,
    `content-type: ${PROBLEM_CONTENT_TYPE}`,
    `content-length: ${Buffer.byteLength(body)}`,
    `x-request-id: ${requestId}`,
    'connection: close',
  ];
  socket.end(`${headers.join('\r\n')}\r\n\r\n${body}`);
};
