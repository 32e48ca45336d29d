/** What a client asked for by `Prefer` (RFC 7240), of what we know. */
export interface Preferences {
  readonly respondAsync: boolean;
  readonly minimal: boolean;
  /** Seconds. */
  readonly waitSec?: number;
}

/** Never throws: what is not understood is not preferred. Of a repeated preference the first counts. */
export function parsePrefer(header: string | string[] | undefined): Preferences {
  const known = new Map<string, string>();
  for (const part of [header ?? []].flat().join(",").split(",")) {
    const [name = "", value = ""] = (part.split(";", 1)[0] ?? "").split("=", 2).map((text) => text.trim());
    const key = name.toLowerCase();
    if (!known.has(key)) known.set(key, value.replace(/^"(.*)"$/, "$1"));
  }
  const wait = known.get("wait") ?? "";
  return {
    respondAsync: known.has("respond-async"),
    minimal: known.get("return")?.toLowerCase() === "minimal",
    ...(/^\d{1,6}$/.test(wait) ? { waitSec: Number(wait) } : {}),
  };
}
