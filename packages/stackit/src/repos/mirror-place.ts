/** Where a mirror's remote is, and what its forge calls it. */
export interface MirrorPlace {
  readonly url: URL;
  readonly owner?: string;
  readonly name?: string;
  /** As `owner/name`, the latest last. */
  readonly formerNames: readonly string[];
}

/** More are forgotten, the oldest first. */
const MAX_FORMER_NAMES = 10;

/**
 * The place after the forge gave the repository the name `owner/name`. The URL follows where it ends in the name as it was, and
 * never leaves its origin. Undefined for what is no name.
 */
export function renamedTo(place: MirrorPlace, fullName: string): MirrorPlace | undefined {
  const [owner = "", name = ""] = fullName.split("/");
  if (![owner, name].every(isForgeName) || fullName !== `${owner}/${name}`) return undefined;
  const before = fullNameOf(place);
  const formerNames = [...place.formerNames, ...(before === undefined ? [] : [before])]
    .filter((former, index, all) => !isSameName(former, fullName) && all.indexOf(former) === index)
    .slice(-MAX_FORMER_NAMES);
  return { url: urlNaming(place.url, before, fullName) ?? place.url, owner, name, formerNames };
}

/** Scheme, host and port, as `URL.origin` says them of web addresses alone. */
export function originOf({ protocol, host }: URL): string {
  return `${protocol}//${host}`;
}

export function fullNameOf({
  owner,
  name,
}: {
  readonly owner?: string | undefined;
  readonly name?: string | undefined;
}): string | undefined {
  return owner === undefined || name === undefined ? undefined : `${owner}/${name}`;
}

/** Forges compare names without regard to case. */
export function isSameName(one: string | undefined, other: string): boolean {
  return one?.toLowerCase() === other.toLowerCase();
}

function isForgeName(part: string): boolean {
  return /^[\w.-]+$/.test(part) && !/^\.{1,2}$/.test(part);
}

function urlNaming(url: URL, before: string | undefined, fullName: string): URL | undefined {
  const [, folder, named, end] = /^(.*\/)([^/]+\/[^/]+?)((?:\.git)?\/?)$/.exec(url.pathname) ?? [];
  if (named === undefined || !isSameName(before, named)) return undefined;
  const moved = new URL(url);
  moved.pathname = `${folder}${fullName}${end}`;
  return moved;
}
