import { setTimeout as sleep } from "node:timers/promises";
import type { ExpectedRef, UnmetRef } from "../contract/sync-run.ts";
import { GitError, REFUSED_BY_REMOTE } from "../git/git-error.ts";
import type { MirrorGit } from "../git/mirror-git.ts";
import type { RemoteAccess } from "../git/remote-access.ts";
import type { RemoteCredentials } from "../git/remote-credentials.ts";
import type { SshAccess } from "../git/ssh-access.ts";
import type { IncomingPack, PackRequest, PackSource } from "../git/wire/fetch-pack.ts";
import type { AdvertisedRefs, RefLook, RemoteLooker } from "../git/wire/ls-refs.ts";
import { RemoteError } from "../git/wire/remote-failure.ts";
import { MIRRORED_PREFIXES } from "../stacks/ref-reading.ts";
import { type Known, parseLsRemote, stillUnmet } from "./advertised-refs.ts";

/** Settles so many milliseconds later, or rejects when the signal aborts. */
export type Pause = (delayMs: number, signal: AbortSignal) => Promise<void>;

/** How long a remote that does not serve an expected commit yet is looked at again, and after which pauses. */
const LOOK_AGAIN_MS = [200, 500, 1_000, 2_000, 4_000];

/**
 * The remote of a mirror: where it is, what it is told, and how it is asked. Credentials that it refuses are renewed once where
 * they can be. Everything here settles soon after its signal aborts.
 */
export class MirrorRemote {
  readonly #looker: RemoteLooker;
  readonly #git: MirrorGit;
  #url: URL;
  readonly #credentials: RemoteCredentials;
  readonly #ssh: SshAccess | undefined;
  readonly #pause: Pause;
  /** Where the last look found it. */
  #foundAt: URL;
  #packs: PackSource | undefined;

  /** `git`: lists what remotes of the older protocol have. */
  constructor(
    looker: RemoteLooker,
    git: MirrorGit,
    {
      url,
      credentials,
      ssh,
      pause = (delayMs, signal) => sleep(delayMs, undefined, { signal }),
    }: {
      url: URL;
      credentials: RemoteCredentials;
      ssh?: SshAccess | undefined;
      pause?: Pause | undefined;
    },
  ) {
    this.#looker = looker;
    this.#git = git;
    this.#url = url;
    this.#credentials = credentials;
    this.#ssh = ssh;
    this.#pause = pause;
    this.#foundAt = url;
  }

  /** Where to ask from now on. What is being asked meanwhile is still answered by where it was. */
  goTo(url: URL): void {
    if (url.href === this.#url.href) return;
    this.#url = url;
    this.#foundAt = url;
    this.#packs = undefined;
  }

  /** Needs no mirror. @throws {RemoteError} */
  async objectFormat(signal: AbortSignal): Promise<string> {
    const { found } = await this.#ask([], signal);
    // Hosts that speak the old protocol only know the old format.
    return (found === "older-protocol" ? undefined : found.objectFormat) ?? "sha1";
  }

  /** The same object as the last time when the remote says the same. @throws {RemoteError} {GitError} */
  async look(signal: AbortSignal): Promise<AdvertisedRefs> {
    const { found } = await this.#ask(MIRRORED_PREFIXES, signal);
    if (found !== "older-protocol") return found;
    const listed = await this.#withCredentials(signal, (remote) =>
      this.#git.listRemote(remote, MIRRORED_PREFIXES, { signal }),
    );
    return parseLsRemote(listed, MIRRORED_PREFIXES);
  }

  /** Looks until the remote shows what is expected beyond `ours`, or for as long as it is worth. @throws {RemoteError} {GitError} */
  async lookFor(
    expected: readonly ExpectedRef[],
    ours: Known,
    signal: AbortSignal,
  ): Promise<{ advertised: AdvertisedRefs; unmet: UnmetRef[] }> {
    for (const pauseMs of [...LOOK_AGAIN_MS, 0]) {
      const advertised = await this.look(signal);
      const unmet = stillUnmet(expected, ours, advertised.refs);
      if (unmet.length === 0 || pauseMs === 0) return { advertised, unmet };
      await this.#pause(pauseMs, signal);
    }
    throw new Error("looked at nothing");
  }

  /** Asks for something of the remote where the last look found it. @throws {RemoteError} {GitError} */
  fetch<T>(signal: AbortSignal, ask: (remote: RemoteAccess) => Promise<T>): Promise<T> {
    return this.#withCredentials(signal, ask);
  }

  /** The objects themselves, from where the last look found the remote. Undefined when git has to ask. @throws {RemoteError} */
  async requestPack(request: Omit<PackRequest, "authorization">): Promise<IncomingPack | undefined> {
    const packs = this.#packs;
    return (
      packs &&
      this.#withCredentials(request.signal, ({ authorization }) =>
        packs.request({ ...request, authorization }),
      )
    );
  }

  async #ask(prefixes: readonly string[], signal: AbortSignal): Promise<RefLook> {
    const url = this.#url;
    const look = await this.#withCredentials(signal, ({ authorization }) =>
      this.#looker.look(url, { prefixes, authorization, signal }),
    );
    if (url === this.#url) {
      this.#foundAt = look.url;
      this.#packs = look.packs;
    }
    return look;
  }

  async #withCredentials<T>(signal: AbortSignal, ask: (remote: RemoteAccess) => Promise<T>): Promise<T> {
    const url = this.#foundAt;
    const authorization = await this.#credentials.authorization(this.#url, signal);
    const ssh = this.#ssh;
    try {
      return await ask({ url, authorization, ssh });
    } catch (error) {
      if (!isRefusal(error)) throw error;
      const renewed = await this.#credentials.renew(this.#url, authorization, signal);
      if (renewed === undefined) throw error;
      return ask({ url, authorization: renewed, ssh });
    }
  }
}

function isRefusal(error: unknown): boolean {
  if (error instanceof RemoteError) return error.failure === "auth-failed";
  return error instanceof GitError && REFUSED_BY_REMOTE.test(error.stderr);
}
