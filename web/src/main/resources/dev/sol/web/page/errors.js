// What can go wrong between this page and the server.

/** The server's answer is an error in OpenAI's shape. */
export class ApiError extends Error {
  constructor(status, { message, param = null, code = null } = {}) {
    super(message ?? `the server answered with status ${status}`);
    this.status = status;
    this.param = param;
    this.code = code;
  }
}

/** There is no answer, or no more of it. */
export class LostError extends Error {}

/** The reader of this page stopped it. */
export function isStop(error) {
  return error?.name === 'AbortError';
}
