export interface HttpLimits {
  /** Per client; a request answered from memory does not count. */
  requestsPerSec: number;
  requestBurst: number;
  bodyBytes: number;
  /** What the bodies of webhooks that are still arriving hold, all together. */
  webhookBytes: number;
  headerBytes: number;
  /** Within this a request must have arrived completely, also one that comes drop by drop. */
  requestTimeoutMs: number;
  /** Open at once, event streams included; a further one is closed as it comes. */
  connections: number;
  connectionsPerClient: number;
  /** A connection is closed when nothing of its answer could be sent for so long. */
  stallMs: number;
  streams: number;
  streamsPerClient: number;
  /** Made at once, each by a git process, for all clients together. */
  diffs: number;
  /** A diff that cannot be begun within this is refused. */
  diffWaitMs: number;
  /** What the diffs hold that are kept. */
  diffBytes: number;
}

export interface HttpConfig {
  readonly version: string;
  readonly readOnly: boolean;
  /** The address to listen on. */
  readonly bind: string;
  /** The URL that people open, when it is not the bind address. */
  readonly baseUrl?: URL;
  /** Host names, without port, to answer for besides the bind address and the base URL's. */
  readonly allowedHosts?: readonly string[];
  /** Addresses and CIDR ranges whose `X-Forwarded-*` is believed. */
  readonly trustedProxies?: readonly string[];
  /** Any of them may sign webhooks. Without one there are no webhooks. */
  readonly webhookSecrets?: readonly string[];
  /** Present where people sign in. */
  readonly signIn?: { readonly contact?: string };
  /** Folder of the built dashboard. */
  readonly webDir?: string;
  /** Folder that holds the documents of `/docs`, as the project's folder does. */
  readonly docsDir?: string;
  readonly limits?: Partial<HttpLimits>;
}

export const DEFAULT_LIMITS: HttpLimits = {
  requestsPerSec: 20,
  requestBurst: 60,
  bodyBytes: 2 ** 20,
  webhookBytes: 64 * 2 ** 20,
  headerBytes: 16 * 1024,
  requestTimeoutMs: 30_000,
  connections: 2048,
  connectionsPerClient: 512,
  stallMs: 30_000,
  streams: 512,
  streamsPerClient: 32,
  diffs: 4,
  diffWaitMs: 5000,
  diffBytes: 64 * 2 ** 20,
};
