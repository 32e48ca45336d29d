import { displayName } from "../ref-name.ts";
import { Connections } from "./connections.ts";
import { PackSource } from "./fetch-pack.ts";
import { AGENT, DELIMITER, FLUSH, PacketError, packet, readPackets } from "./pkt-line.ts";
import { isPermanent, MAX_REDIRECTS, type Redirect, redirectedBase } from "./redirect.ts";
import { failureOfStatus, NO_GIT_HOST, RemoteError } from "./remote-failure.ts";

export interface AdvertisedRefs {
  /** Full name → object id. */
  readonly refs: ReadonlyMap<string, string>;
  /** The ref that the remote's HEAD stands for; also when that branch has no commit yet, where the remote says so. */
  readonly head: string | undefined;
  /** `sha1` or `sha256`; undefined when git was asked, which does not tell. */
  readonly objectFormat?: string;
}

/** What a look found, and where: the remote may have sent it on. */
export interface RefLook {
  /** The URL that was asked, or the one of the same origin that it stands for now. */
  readonly url: URL;
  /** `older-protocol`: the remote can be asked by git alone. */
  readonly found: AdvertisedRefs | "older-protocol";
  /** Where the objects of these refs can be had; absent when git alone can ask for them. */
  readonly packs?: PackSource;
}

export interface RefLookOptions {
  readonly prefixes: readonly string[];
  /** Sent to this URL's origin and to no other. */
  readonly authorization?: string | undefined;
  readonly signal: AbortSignal;
}

const DISCOVERY = "/info/refs?service=git-upload-pack";
export const MAX_ANSWER_BYTES = 256 * 1024 * 1024;

/** Where a repository is asked by protocol v2. */
interface Place {
  /** Without a slash at its end. */
  readonly base: string;
  readonly objectFormat: string;
  /** Whether it sends objects by this protocol too. */
  readonly hasPacks: boolean;
}

/** Looks at the refs of remotes. */
export interface RemoteLooker {
  /**
   * One look at one moment. Prefixes are exact names or end in a slash; others' refs that a remote sends too are left out.
   * `found` is the same object as the last time when the remote says the same.
   * @throws {RemoteError}
   */
  look(url: URL, options: RefLookOptions): Promise<RefLook>;
}

/**
 * Looks at the refs of remotes over smart HTTP by speaking protocol v2 itself (gitprotocol-v2, gitprotocol-http): one request to a
 * remote that is known to speak it, two otherwise, and no process. A redirect is followed when it leads to a repository of the
 * same origin, as forges answer for one that was renamed; credentials go nowhere else. Connections are kept for the next look.
 * Disposal closes them.
 */
export class RefLooker implements RemoteLooker, Disposable {
  readonly #silenceMs: number;
  readonly #connections: Connections;
  /** By the URL that is asked: where that leads. */
  readonly #known = new Map<string, Place>();
  /** The last answer by the URL and what was asked for: most looks find the same again, byte by byte. */
  readonly #answers = new Map<string, { readonly raw: Buffer; readonly found: AdvertisedRefs }>();

  /** `silenceMs`: how long a remote may say nothing. `proxyEnv`: the variables that name a proxy, as git reads them. */
  constructor({
    silenceMs = 30_000,
    proxyEnv,
  }: { silenceMs?: number; proxyEnv?: Readonly<Record<string, string>> } = {}) {
    this.#silenceMs = silenceMs;
    this.#connections = new Connections(proxyEnv);
  }

  async look(url: URL, options: RefLookOptions): Promise<RefLook> {
    const asked = url.href.replace(/\/$/, "");
    const known = this.#known.get(asked);
    if (known) {
      const look = await this.#list(asked, known, options).catch((error: unknown) => {
        this.#known.delete(asked);
        throw error;
      });
      if (!("location" in look)) return look;
      // It has moved on since.
      this.#known.delete(asked);
    }
    const discovered = await this.#discover(asked, options);
    const { base, able, isLasting } = discovered;
    if (!able) return { url: new URL(base), found: "older-protocol" };
    const place: Place = { base, ...able };
    const look = await this.#list(asked, place, options);
    if ("location" in look) throw failureOfStatus(look.status, undefined);
    if (isLasting) this.#known.set(asked, place);
    return look;
  }

  async #list(
    asked: string,
    { base, objectFormat, hasPacks }: Place,
    options: RefLookOptions,
  ): Promise<RefLook | Redirect> {
    const body = askForRefs(objectFormat, options.prefixes);
    const answer = await this.#exchange(`${base}/git-upload-pack`, options, body);
    if (!Buffer.isBuffer(answer)) return answer;
    const packs = hasPacks && new PackSource(this.#connections, { base, objectFormat });
    const at = { url: new URL(base), ...(packs && { packs }) };
    const key = [asked, ...options.prefixes].join(" ");
    const last = this.#answers.get(key);
    if (last?.found.objectFormat === objectFormat && last.raw.equals(answer))
      return { ...at, found: last.found };
    const found = { ...parseAnswer(answer, options.prefixes), objectFormat };
    this.#answers.set(key, { raw: answer, found });
    return { ...at, found };
  }

  [Symbol.dispose](): void {
    this.#connections[Symbol.dispose]();
  }

  /** Nothing `able`: the remote does not speak protocol v2. `isLasting`: the next look may begin there. */
  async #discover(
    asked: string,
    options: RefLookOptions,
  ): Promise<{ base: string; able: Abilities | undefined; isLasting: boolean }> {
    let base = asked;
    let isLasting = true;
    for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects++) {
      const answer = await this.#exchange(`${base}${DISCOVERY}`, options);
      if (Buffer.isBuffer(answer)) return { base, able: abilitiesOf(answer), isLasting };
      const next = redirectedBase(base, answer, DISCOVERY);
      if (next === undefined) throw failureOfStatus(answer.status, undefined);
      base = next;
      isLasting &&= isPermanent(answer);
    }
    throw new RemoteError("error", "It redirects from one address to the next without an end.");
  }

  async #exchange(address: string, options: RefLookOptions, body?: string): Promise<Buffer | Redirect> {
    const { authorization, signal } = options;
    const answer = await this.#connections.exchange(address, {
      authorization,
      signal,
      silenceMs: this.#silenceMs,
      ...(body !== undefined && { body }),
    });
    return "location" in answer ? answer : collect(answer);
  }
}

export function askForRefs(objectFormat: string, prefixes: readonly string[]): string {
  return [
    packet("command=ls-refs\n"),
    packet(`${AGENT}\n`),
    packet(`object-format=${objectFormat}\n`),
    DELIMITER,
    packet("symrefs\n"),
    packet("ref-prefix HEAD\n"),
    ...prefixes.map((prefix) => packet(`ref-prefix ${prefix}\n`)),
    FLUSH,
  ].join("");
}

type Abilities = Pick<Place, "objectFormat" | "hasPacks">;

/** @returns undefined when the remote does not speak protocol v2 */
export function abilitiesOf(advertisement: Buffer): Abilities | undefined {
  const lines = dataLines(advertisement);
  // Some hosts head the answer with the name of the service, as protocol v0 does.
  const version = lines.find((line) => !line.startsWith("# service="));
  if (version !== "version 2") return undefined;
  const does = (command: string): boolean =>
    lines.some((line) => line === command || line.startsWith(`${command}=`));
  if (!does("ls-refs")) return undefined;
  const format = lines.find((line) => line.startsWith("object-format="));
  return { objectFormat: format?.slice("object-format=".length) ?? "sha1", hasPacks: does("fetch") };
}

async function collect(answer: AsyncIterable<Buffer>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of answer) {
    chunks.push(chunk);
    length += chunk.length;
    if (length > MAX_ANSWER_BYTES) throw tooManyRefs();
  }
  return Buffer.concat(chunks);
}

export function tooManyRefs(): RemoteError {
  return new RemoteError("error", "The remote advertises more refs than are read.");
}

/** Of what was asked for by `askForRefs`. @throws {RemoteError} */
export function parseAnswer(answer: Buffer, prefixes: readonly string[]): AdvertisedRefs {
  const refs = new Map<string, string>();
  let head: string | undefined;
  let isComplete = false;
  try {
    for (const part of readPackets(answer)) {
      if (part.kind === "flush") isComplete = true;
      if (part.kind !== "data") continue;
      const line = part.payload;
      const oidEnd = line.indexOf(" ");
      const end = line.endsWith("\n") ? line.length - 1 : line.length;
      const space = line.indexOf(" ", oidEnd + 1);
      const ref = line.slice(oidEnd + 1, space < 0 ? end : space);
      if (ref === "HEAD") {
        const target = /symref-target:(\S+)/.exec(line)?.[1];
        head = target === undefined ? undefined : displayName(target);
      } else if ((oidEnd === 40 || oidEnd === 64) && prefixes.some((prefix) => ref.startsWith(prefix))) {
        refs.set(displayName(ref), line.slice(0, oidEnd));
      }
    }
  } catch (error) {
    if (error instanceof PacketError) throw new RemoteError("error", NO_GIT_HOST, { cause: error });
    throw error;
  }
  // Without its end it may be half of the refs, and what is missing would look deleted.
  if (!isComplete) throw new RemoteError("error", "The remote's answer ended early.");
  return { refs, head };
}

/** @throws {RemoteError} */
export function dataLines(answer: Buffer): string[] {
  try {
    return [...readPackets(answer)].flatMap((part) =>
      part.kind === "data" ? [part.payload.replace(/\n$/, "")] : [],
    );
  } catch (error) {
    throw new RemoteError("error", NO_GIT_HOST, { cause: error });
  }
}
