// The server's API. Paths are relative to the page, which may be behind a proxy under a path of its own.
import { ApiError, LostError, isStop } from './errors.js';
import { EventParser } from './sse.js';

const KEY = 'sol-key';
let key = read();

function read() {
  try {
    return sessionStorage.getItem(KEY) ?? '';
  } catch {
    return '';
  }
}

export function useKey(value) {
  key = value;
  try {
    sessionStorage.setItem(KEY, value);
  } catch {
    // without storage it lasts as long as the page
  }
}

async function send(path, options) {
  const headers = key ? { ...options.headers, Authorization: `Bearer ${key}` } : options.headers;
  let response;
  try {
    response = await fetch(new URL(path, document.baseURI), { cache: 'no-store', ...options, headers });
  } catch (error) {
    throw isStop(error) ? error : new LostError('The server does not answer.');
  }
  if (!response.ok) {
    const body = await response.json().catch(() => ({}));
    throw new ApiError(response.status, body.error);
  }
  return response;
}

export async function get(path) {
  const response = await send(path, {});
  return response.json();
}

/** The chunks of a streamed answer, as they come. Ends with an error unless the server said that it was complete. */
export async function* stream(path, body, signal) {
  const response = await send(path, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ ...body, stream: true }),
    signal,
  });
  const reader = response.body.getReader();
  try {
    yield* events(reader);
  } finally {
    reader.cancel().catch(() => {}); // what is not read is not wanted; the server stops decoding
  }
}

async function* events(reader) {
  const decoder = new TextDecoder();
  const parser = new EventParser();
  for (;;) {
    const { done, value } = await next(reader);
    if (done) throw new LostError('The connection was lost. The answer is not complete.');
    for (const data of parser.add(decoder.decode(value, { stream: true }))) {
      if (data === '[DONE]') return;
      const chunk = JSON.parse(data);
      if (chunk.error) throw new ApiError(200, chunk.error);
      yield chunk;
    }
  }
}

async function next(reader) {
  try {
    return await reader.read();
  } catch (error) {
    throw isStop(error) ? error : new LostError('The connection was lost. The answer is not complete.');
  }
}
