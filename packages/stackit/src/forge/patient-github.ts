import { type BackoffOptions, backoffMs } from "../lib/backoff.ts";
import { type Clock, systemClock } from "../lib/clock.ts";
import { pause } from "../lib/pause.ts";
import { Turns } from "../lib/turns.ts";
import { ForgeWriteError, toWriteError } from "./forge-write-error.ts";
import type { GithubChannel } from "./github-channel.ts";
import type { GraphqlAnswer } from "./graphql-answer.ts";

export interface PatienceOptions {
  /** That of the channel. */
  readonly clock?: Clock;
  /** Between two changes. Default 1 s, as GitHub advises. */
  readonly pauseMs?: number;
  /** Quiet that GitHub asks for is kept here up to this long, once for each change. Default 60 s. */
  readonly patienceMs?: number;
  /** Of what nothing tells whether it was done. Default 4. */
  readonly attempts?: number;
  /** Between two such attempts. Default 1 s, doubled up to 8 s. */
  readonly backoff?: BackoffOptions;
  readonly random?: () => number;
}

/** In whose name something is asked. */
export interface As {
  /** Secret. */
  readonly token: string;
  readonly signal: AbortSignal;
}

type Fields = Readonly<Record<string, unknown>>;

const PAUSE_MS = 1_000;
const PATIENCE_MS = 60_000;
const ATTEMPTS = 4;
const BACKOFF: BackoffOptions = { baseMs: 1_000, capMs: 8_000 };

/** Asks until GitHub says something that counts. Everything throws a ForgeWriteError, or the signal's reason. */
export class PatientGithub {
  readonly #channel: GithubChannel;
  readonly #options: Required<PatienceOptions>;
  readonly #turns = new Turns(1);
  #nextAtMs = Number.NEGATIVE_INFINITY;

  constructor(channel: GithubChannel, options: PatienceOptions) {
    this.#channel = channel;
    this.#options = {
      clock: systemClock,
      pauseMs: PAUSE_MS,
      patienceMs: PATIENCE_MS,
      attempts: ATTEMPTS,
      backoff: BACKOFF,
      random: Math.random,
      ...options,
    };
  }

  query(query: string, variables: Fields, as: As): Promise<GraphqlAnswer> {
    return this.#patiently(as, () => this.#channel.graphql(query, variables, asked(as)));
  }

  mutate(query: string, variables: Fields, as: As): Promise<GraphqlAnswer> {
    return this.#change(as, () => this.#channel.graphql(query, variables, asked(as)));
  }

  /** Undefined where GitHub has no such thing. */
  async read(path: string, as: As): Promise<unknown> {
    try {
      return (await this.#patiently(as, () => this.#channel.get(path, undefined, asked(as))))?.data;
    } catch (error) {
      if (error instanceof ForgeWriteError && error.failure === "not-found") return undefined;
      throw error;
    }
  }

  write(method: "POST" | "PATCH", path: string, body: Fields, as: As): Promise<unknown> {
    return this.#change(as, () => this.#channel.write(method, path, body, asked(as)));
  }

  /** One at a time, with a pause between. */
  async #change<T>(as: As, change: () => Promise<T>): Promise<T> {
    using _turn = await this.#turns.begin().next(as.signal);
    const { clock, pauseMs } = this.#options;
    return await this.#patiently(as, async () => {
      const waitMs = this.#nextAtMs - clock.now();
      if (waitMs > 0) await pause(clock, waitMs, as.signal);
      try {
        return await change();
      } finally {
        this.#nextAtMs = clock.now() + pauseMs;
      }
    });
  }

  /** Again after quiet that is short enough, and after what tells nothing. */
  async #patiently<T>({ token, signal }: As, ask: () => Promise<T>): Promise<T> {
    const { clock, patienceMs, attempts, backoff, random } = this.#options;
    let failures = 0;
    let hasWaited = false;
    for (;;) {
      try {
        return await ask();
      } catch (error) {
        signal.throwIfAborted();
        const failed = toWriteError(error, token);
        const { failure, retryAfterMs = Number.POSITIVE_INFINITY } = failed;
        if (failure === "rate-limited" && !hasWaited && retryAfterMs <= patienceMs) {
          hasWaited = true;
          await pause(clock, retryAfterMs, signal);
        } else if (failure === "unreachable" && ++failures < attempts) {
          await pause(clock, backoffMs(failures, backoff, random), signal);
        } else {
          throw failed;
        }
      }
    }
  }
}

function asked(as: As) {
  return { ...as, failureOf: (error: unknown) => toWriteError(error, as.token) };
}
