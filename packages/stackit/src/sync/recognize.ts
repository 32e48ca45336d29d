import { isSameName } from "../repos/mirror-place.ts";

/** A repository as a message of a forge names it. */
export interface NamedRepo {
  /** `owner/name` */
  readonly fullName: string;
  /** The forge's number for it, which stays when it is renamed. */
  readonly forgeRepoId?: number;
  /** Of the addresses that the message gives; none when it gives none. */
  readonly origins: readonly string[];
  /** The forge's time of the state that was named, in epoch milliseconds. */
  readonly asOfMs?: number;
}

/** What is known of a repository that is served here. */
export interface KnownNames {
  readonly origin: string;
  /** Empty when it has none. */
  readonly fullName: string;
  readonly formerNames: readonly string[];
  readonly forgeRepoId?: number | undefined;
  readonly deletedAtMs?: number | undefined;
}

/**
 * Whether the message is about this repository. The number decides where both know one, else the name. `impostor`: another
 * repository has taken a name of this one, as anybody may do with a name that was given up. Only after this one was deleted is
 * it the successor under the same name.
 */
export function recognize(known: KnownNames, named: NamedRepo): "this" | "another" | "impostor" {
  if (!isAt(known.origin, named.origins)) return "another";
  const bearsName = isSameName(known.fullName, named.fullName);
  if (known.forgeRepoId === undefined || named.forgeRepoId === undefined) {
    return bearsName ? "this" : "another";
  }
  if (known.forgeRepoId === named.forgeRepoId) return "this";
  if (bearsName && known.deletedAtMs !== undefined) return "this";
  const bearsFormerName = known.formerNames.some((former) => isSameName(former, named.fullName));
  return bearsName || bearsFormerName ? "impostor" : "another";
}

/** Whether a message that gives these addresses can be of a forge there. One that gives none may be of any. */
export function isAt(origin: string, origins: readonly string[]): boolean {
  if (origins.length === 0 || origins.includes(origin)) return true;
  // A forge gives the addresses of its pages; by SSH it is at another port of the same host.
  const found = URL.parse(origin);
  return found?.protocol === "ssh:" && origins.some((other) => URL.parse(other)?.hostname === found.hostname);
}
