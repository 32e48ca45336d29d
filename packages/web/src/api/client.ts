import type { ProblemBody } from "stackit/contract/problem-body";

/** A request that did not give what was asked for. `status` 0: no answer came at all. */
export class ApiError extends Error {
  readonly status: number;
  readonly code: string | undefined;
  readonly title: string;
  readonly requestId: string | undefined;
  readonly retryAfterMs: number | undefined;
  readonly body: Readonly<Record<string, unknown>>;

  constructor(status: number, body: Partial<ProblemBody>, headers?: Headers) {
    const title =
      body.title ?? (status === 0 ? "The server does not answer" : `The server answered ${status}`);
    super(body.detail ?? title);
    this.name = "ApiError";
    this.status = status;
    this.title = title;
    this.code = body.code;
    this.requestId = body.requestId ?? headers?.get("x-request-id") ?? undefined;
    const seconds = Number(headers?.get("retry-after") ?? Number.NaN);
    this.retryAfterMs = Number.isFinite(seconds) ? seconds * 1000 : undefined;
    this.body = body;
  }
}

/** An answer and the tag by which the server knows it. */
export interface Tagged<T> {
  etag: string | undefined;
  body: T;
}

/** @throws {ApiError} for every answer that is not 2xx, and when none came. */
export async function request(path: string, init: RequestInit = {}): Promise<Response> {
  const response = await reach(path, init);
  if (response.ok) return response;
  throw await failureOf(response);
}

/** Without headers of its own, so that it takes what the page's `Link` header had the browser ask for ahead. */
export async function getJson<T>(path: string, signal: AbortSignal): Promise<T> {
  return readJson<T>(await request(path, { signal }));
}

/** @throws {ApiError} */
export async function postJson<T>(
  path: string,
  { body, headers, signal }: { body?: object; headers?: Record<string, string>; signal?: AbortSignal } = {},
): Promise<T> {
  const response = await request(path, {
    method: "POST",
    headers: { Accept: "application/json", ...(body && { "Content-Type": "application/json" }), ...headers },
    ...(body && { body: JSON.stringify(body) }),
    ...(signal && { signal }),
  });
  return readJson<T>(response);
}

export async function getTagged<T>(path: string, signal: AbortSignal): Promise<Tagged<T>> {
  const response = await request(path, { signal });
  return { etag: response.headers.get("etag") ?? undefined, body: await readJson<T>(response) };
}

/** Reads the problem of an answer that is not 2xx; what is not a problem document becomes one without a code. */
export async function failureOf(response: Response): Promise<ApiError> {
  const body: unknown = await response.json().catch(() => ({}));
  const problem = typeof body === "object" && body !== null ? body : {};
  return new ApiError(response.status, problem, response.headers);
}

async function reach(path: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(path, init);
  } catch (error) {
    const isTooLate = error instanceof DOMException && error.name === "TimeoutError";
    if (init.signal?.aborted && !isTooLate) throw error;
    throw new ApiError(0, {
      detail: "No answer came. It may have stopped, or the connection to it is gone.",
    });
  }
}

/** The server validates what it sends against the schemas that these types come from. */
async function readJson<T>(response: Response): Promise<T> {
  try {
    return (await response.json()) as T;
  } catch {
    throw new ApiError(response.status, { title: "The answer cannot be read", detail: "It is not JSON." });
  }
}
