// A gRPC client for load only: node:http2 with hand-made framing, because a full client library would measure itself.
import { connect as connectHttp2 } from 'node:http2';

const frame = (payload) => {
  const framed = Buffer.allocUnsafe(payload.length + 5);
  framed[0] = 0;
  framed.writeUInt32BE(payload.length, 1);
  framed.set(payload, 5);
  return framed;
};

/** Opens one HTTP/2 connection (plaintext, prior knowledge) to `host:port`. */
export const connect = (address) =>
  new Promise((resolve, reject) => {
    const session = connectHttp2(`http://${address}`, { settings: { initialWindowSize: 4 << 20 } });
    session.once('error', reject);
    session.once('remoteSettings', () => {
      session.removeListener('error', reject);
      session.on('error', () => {});
      session.setLocalWindowSize(16 << 20);
      resolve(session);
    });
  });

const request = (session, path) =>
  session.request(
    { ':method': 'POST', ':path': path, 'content-type': 'application/grpc', te: 'trailers' },
    { endStream: false },
  );

/** One unary call; resolves with the message bytes, rejects with the gRPC status text. */
export const unary = (session, path, payload) =>
  new Promise((resolve, reject) => {
    const stream = request(session, path);
    const chunks = [];
    let status = '';
    stream.on('data', (chunk) => chunks.push(chunk));
    stream.on('trailers', (headers) => (status = `${headers['grpc-status']} ${headers['grpc-message'] ?? ''}`));
    stream.on('error', reject);
    stream.on('end', () => {
      const body = chunks.length === 1 ? chunks[0] : Buffer.concat(chunks);
      if (body.length >= 5) resolve(body.subarray(5));
      else reject(new Error(`gRPC status ${status}`));
    });
    stream.end(frame(payload));
  });

/** A bidirectional stream: `send` a message, `onMessage` gets each message's bytes. */
export const openStream = (session, path, onMessage, onEnd = () => {}) => {
  const stream = request(session, path);
  let chunks = [];
  let have = 0;
  const lengthOf = () => (chunks[0].length >= 5 ? chunks[0] : Buffer.concat(chunks)).readUInt32BE(1) + 5;
  stream.on('data', (chunk) => {
    chunks.push(chunk);
    have += chunk.length;
    // Joined once a message is whole: joining at every chunk would cost the square of its size.
    while (have >= 5 && have >= lengthOf()) {
      const all = chunks.length === 1 ? chunks[0] : Buffer.concat(chunks);
      const length = all.readUInt32BE(1) + 5;
      chunks = all.length > length ? [all.subarray(length)] : [];
      have = all.length - length;
      onMessage(all.subarray(5, length));
    }
  });
  stream.on('error', () => {});
  stream.on('close', onEnd);
  return { send: (payload) => stream.write(frame(payload)), close: () => stream.close() };
};
