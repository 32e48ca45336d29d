import type { Static, TSchema } from "typebox";
import { Value } from "typebox/value";
import { isLoopback } from "../config/loopback.ts";
import type { Terminal } from "./terminal.ts";
import { UsageError } from "./usage-error.ts";

/** The server could not be reached, or answered with a problem. The message is a sentence for a person. */
export class ServerAnswerError extends Error {
  /** The problem body, when the server sent one. */
  readonly problem: Readonly<Record<string, unknown>> | undefined;
  /** Of that problem. */
  readonly code: string | undefined;

  constructor(
    message: string,
    options: { cause?: unknown; problem?: Record<string, unknown>; code?: string | undefined } = {},
  ) {
    super(message, { cause: options.cause });
    this.name = "ServerAnswerError";
    this.problem = options.problem;
    this.code = options.code;
  }
}

/** Talks to the HTTP interface of a Stackit server, as any program would. */
export class ServerClient {
  readonly #base: URL;
  /** Secret. */
  readonly #token: string | undefined;
  /** Ends what is asked. */
  readonly signal: AbortSignal;

  /** @throws {UsageError} when `server` is not an http or https URL, or a token would cross the network in the clear. */
  constructor(server: string, { signal, env }: Pick<Terminal, "signal" | "env">) {
    const url = URL.parse(server);
    if (!url || !/^https?:$/.test(url.protocol)) {
      throw new UsageError(`the server is ${JSON.stringify(server)}; it must be an http or https URL.`);
    }
    this.#token = env.STACKIT_TOKEN?.trim() || undefined;
    if (this.#token !== undefined && url.protocol === "http:" && !isLoopback(url.hostname)) {
      throw new UsageError(
        `STACKIT_TOKEN would cross the network in the clear; name the server by its https URL.`,
      );
    }
    this.#base = url;
    this.signal = signal;
  }

  /** The checked answer. @throws {ServerAnswerError} also for an answer that is no success. */
  async ask<T extends TSchema>(
    method: "GET" | "POST",
    path: string,
    expected: T,
    { body, prefer }: { body?: object | undefined; prefer?: string } = {},
  ): Promise<Static<T>> {
    const response = await this.#fetch(new URL(`/api/v1${path}`, this.#base), {
      method,
      signal: this.signal,
      headers: {
        ...(body && { "content-type": "application/json" }),
        ...(this.#token !== undefined && { authorization: `Bearer ${this.#token}` }),
        ...(prefer !== undefined && { prefer }),
      },
      ...(body && { body: JSON.stringify(body) }),
    });
    const answer = await this.#read(response);
    if (!response.ok) throw problemError(response, answer);
    if (Value.Check(expected, answer)) return answer;
    throw new ServerAnswerError(
      `${this.#base.origin} runs a version of Stackit that this command cannot read.`,
    );
  }

  async #fetch(url: URL, init: RequestInit): Promise<Response> {
    try {
      return await fetch(url, init);
    } catch (error) {
      this.signal.throwIfAborted();
      const cause = error instanceof Error ? error.cause : undefined;
      const reason = cause instanceof Error && "code" in cause ? ` (${cause.code})` : "";
      throw new ServerAnswerError(
        `No Stackit server answers at ${this.#base.origin}${reason}. Start one with \`stackit serve\`, or name another with --server.`,
        { cause: error },
      );
    }
  }

  async #read(response: Response): Promise<unknown> {
    try {
      return await response.json();
    } catch (error) {
      this.signal.throwIfAborted();
      throw new ServerAnswerError(
        `${this.#base.origin} answered, but not like a Stackit server (${response.status}).`,
        {
          cause: error,
        },
      );
    }
  }
}

function problemError(response: Response, answer: unknown): ServerAnswerError {
  const problem = typeof answer === "object" && answer !== null ? { ...answer } : {};
  const text = (key: string): string | undefined => {
    const value: unknown = Reflect.get(problem, key);
    return typeof value === "string" ? value : undefined;
  };
  const sentence = [text("title") ?? `The server answered ${response.status}`, text("detail")]
    .filter(Boolean)
    .join(": ");
  const code = text("code");
  return new ServerAnswerError(code ? `${sentence} (${code})` : sentence, { problem, code });
}
