import type { Readable } from "node:stream";
import { sshEnvironment } from "../environment.ts";
import { GitError } from "../git-error.ts";
import { displayName } from "../ref-name.ts";
import { startGit } from "../run-git.ts";
import { killGroup, type Spawner } from "../spawner.ts";
import type { SshAccess } from "../ssh-access.ts";
import {
  type AdvertisedRefs,
  abilitiesOf,
  askForRefs,
  dataLines,
  MAX_ANSWER_BYTES,
  parseAnswer,
  type RefLook,
  type RefLookOptions,
  type RemoteLooker,
  tooManyRefs,
} from "./ls-refs.ts";
import { FLUSH, FlushFinder, PacketError } from "./pkt-line.ts";
import { NO_GIT_HOST, RemoteError } from "./remote-failure.ts";
import { sshFailure } from "./ssh-failure.ts";

/**
 * Looks at the refs of a remote over SSH by speaking protocol v2 itself (gitprotocol-v2, gitprotocol-pack), in one connection and without
 * git. A remote of the older protocol says everything by itself. Settles after the `ssh` has ended.
 */
export class SshLooker implements RemoteLooker {
  readonly #spawner: Spawner;
  readonly #ssh: SshAccess;
  readonly #silenceMs: number;
  /** The last answer by what was asked: most looks find the same again, byte by byte. */
  readonly #answers = new Map<string, { readonly raw: Buffer; readonly found: AdvertisedRefs }>();

  /** `silenceMs`: how long a remote may say nothing. */
  constructor(spawner: Spawner, ssh: SshAccess, { silenceMs = 30_000 }: { silenceMs?: number } = {}) {
    this.#spawner = spawner;
    this.#ssh = ssh;
    this.#silenceMs = silenceMs;
  }

  async look(url: URL, { prefixes, signal }: RefLookOptions): Promise<RefLook> {
    const silence = new AbortController();
    const timer = setTimeout(() => silence.abort(), this.#silenceMs);
    try {
      const until = AbortSignal.any([signal, silence.signal]);
      return { url, found: await this.#list(url, prefixes, until, () => timer.refresh()) };
    } catch (error) {
      if (signal.aborted) throw new RemoteError("aborted", "The look was given up.", { cause: error });
      if (silence.signal.aborted) {
        throw new RemoteError("timeout", `The remote said nothing for ${this.#silenceMs / 1000} s.`);
      }
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  async #list(
    url: URL,
    prefixes: readonly string[],
    signal: AbortSignal,
    heard: () => void,
  ): Promise<AdvertisedRefs> {
    const ssh = await this.#start(url);
    const kill = () => killGroup(ssh.pid);
    signal.addEventListener("abort", kill, { once: true });
    if (signal.aborted) kill();
    const answers = new Answers(ssh.stdout, heard);
    try {
      const capabilities = await answers.next();
      const objectFormat = abilitiesOf(capabilities)?.objectFormat;
      if (objectFormat !== undefined) ssh.stdin?.write(askForRefs(objectFormat, prefixes));
      const raw = objectFormat === undefined ? capabilities : await answers.next();
      // That is all; the remote ends the connection.
      ssh.stdin?.end(FLUSH);
      await ssh.exited;
      return this.#read({ raw, objectFormat, key: [url.href, ...prefixes].join(" ") }, prefixes);
    } catch (error) {
      if (!(error instanceof EndedEarly)) {
        kill();
        throw error;
      }
      ssh.stdin?.end();
      const { stderr } = await ssh.exited;
      throw sshFailure(`${error.said}\n${stderr}`, { url, ssh: this.#ssh });
    } finally {
      await ssh.exited;
      signal.removeEventListener("abort", kill);
    }
  }

  #read(
    answer: { raw: Buffer; objectFormat: string | undefined; key: string },
    prefixes: readonly string[],
  ): AdvertisedRefs {
    const { raw, objectFormat, key } = answer;
    const last = this.#answers.get(key);
    if (last?.raw.equals(raw)) return last.found;
    const found =
      objectFormat === undefined
        ? parseOlderAnswer(raw, prefixes)
        : { ...parseAnswer(raw, prefixes), objectFormat };
    this.#answers.set(key, { raw, found });
    return found;
  }

  async #start(url: URL) {
    const args = [...this.#ssh.options, "-o", "SendEnv=GIT_PROTOCOL", ...targetOf(url), uploadPack(url)];
    const env = { ...sshEnvironment(this.#ssh.agentSocket), GIT_PROTOCOL: "version=2" };
    try {
      return await startGit(this.#spawner, { program: "ssh", args, cwd: "/", env, hasInput: true });
    } catch (error) {
      if (!(error instanceof GitError && error.failure === "no-git")) throw error;
      throw new RemoteError("error", "The server has no ssh program. Install OpenSSH's client.", {
        cause: error,
      });
    }
  }
}

class EndedEarly extends Error {
  /** What had come. */
  readonly said: string;

  constructor(said: string) {
    super("the answer ended early");
    this.said = said;
  }
}

/** What comes, up to each flush. */
class Answers {
  readonly #pieces: AsyncIterator<Buffer>;
  readonly #heard: () => void;
  #rest: Buffer = Buffer.alloc(0);

  constructor(stream: Readable, heard: () => void) {
    this.#pieces = stream[Symbol.asyncIterator]();
    this.#heard = heard;
  }

  /** @throws {EndedEarly} {RemoteError} */
  async next(): Promise<Buffer> {
    const finder = new FlushFinder();
    const pieces: Buffer[] = [];
    let length = 0;
    for (let piece = this.#rest; ; piece = await this.#more(pieces)) {
      const end = endIn(finder, piece);
      pieces.push(piece.subarray(0, end));
      if (end !== undefined) {
        this.#rest = piece.subarray(end);
        return Buffer.concat(pieces);
      }
      length += piece.length;
      if (length > MAX_ANSWER_BYTES) throw tooManyRefs();
    }
  }

  async #more(before: readonly Buffer[]): Promise<Buffer> {
    const next = await this.#pieces.next().catch(() => undefined);
    if (!next || next.done) throw new EndedEarly(Buffer.concat(before).subarray(0, 4096).toString("latin1"));
    this.#heard();
    return next.value;
  }
}

function endIn(finder: FlushFinder, piece: Buffer): number | undefined {
  try {
    return finder.push(piece);
  } catch (error) {
    if (error instanceof PacketError) throw new RemoteError("error", NO_GIT_HOST, { cause: error });
    throw error;
  }
}

/** What an `ssh` is told to connect to. */
function targetOf({ username, hostname, port }: URL): string[] {
  const host = hostname.replace(/^\[|\]$/g, "");
  const user = decodeURIComponent(username);
  return [...(port ? ["-p", port] : []), ...(user ? ["-l", user] : []), "--", host];
}

/** The command that the remote's shell is given, as git gives it. */
function uploadPack({ pathname }: URL): string {
  const path = decodeURIComponent(pathname).replace(/^\/~/, "~");
  return `git-upload-pack '${path.replace(/['!]/g, "'\\$&'")}'`;
}

/** All refs, as protocol v0 and v1 begin with (gitprotocol-pack). */
function parseOlderAnswer(answer: Buffer, prefixes: readonly string[]): AdvertisedRefs {
  const refs = new Map<string, string>();
  const [first = "", ...more] = dataLines(answer).filter((line) => line !== "version 1");
  const [line = "", capabilities = ""] = first.split("\0");
  for (const each of [line, ...more]) {
    const [oid = "", ref = ""] = each.split(" ");
    if (!/^([0-9a-f]{40}|[0-9a-f]{64})$/.test(oid)) continue;
    if (prefixes.some((prefix) => ref.startsWith(prefix))) refs.set(displayName(ref), oid);
  }
  const head = / symref=HEAD:(\S+)/.exec(` ${capabilities}`)?.[1];
  const objectFormat = / object-format=(\S+)/.exec(` ${capabilities}`)?.[1] ?? "sha1";
  return { refs, head: head === undefined ? undefined : displayName(head), objectFormat };
}
