import type { ReadOnlyGit } from "./read-only-git.ts";
import type { RunOptions } from "./run-git.ts";

/** The configuration of a repository and of the person who runs this: lower-case keys as git prints them, the last value of each. */
export type GitConfig = ReadonlyMap<string, string>;

/** @throws {GitError} */
export async function listConfig(git: ReadOnlyGit, options: RunOptions): Promise<GitConfig> {
  const { stdout } = await git.run("config", ["--list", "--null", "--includes"], options);
  return parseConfigList(stdout.toString("utf8"));
}

/** A key without a value, such as `[core] bare`, is true. */
export function parseConfigList(text: string): GitConfig {
  const config = new Map<string, string>();
  for (const entry of text.split("\0")) {
    if (entry === "") continue;
    const end = entry.indexOf("\n");
    if (end < 0) config.set(entry, "true");
    else config.set(entry.slice(0, end), entry.slice(end + 1));
  }
  return config;
}

/** Names of the configured remotes, sorted, with the host of each URL; a URL itself may carry a secret. */
export function remotesOf(config: GitConfig): { name: string; host?: string; url: string }[] {
  return [...config]
    .flatMap(([key, url]) => {
      const name = /^remote\.(.+)\.url$/s.exec(key)?.[1];
      if (name === undefined) return [];
      const host = hostOf(url);
      return [{ name, url, ...(host !== undefined && { host }) }];
    })
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

export function hostOf(url: string): string | undefined {
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(url)) return URL.parse(url)?.hostname || undefined;
  return /^(?:[^@/:\s]+@)?([^@/:\s]+):(?!\/\/)/.exec(url)?.[1];
}

/** Owner and name, where the URL has a form such as `https://host/owner/name.git`. */
export function ownerAndName(url: string): { owner: string; name: string } | undefined {
  const path = /^[a-z][a-z0-9+.-]*:\/\//i.test(url)
    ? (URL.parse(url)?.host && URL.parse(url)?.pathname) || undefined
    : /^[^/:\s]+:(?!\/\/)(.+)$/.exec(url)?.[1];
  const parts = path
    ?.replace(/\.git\/?$/, "")
    .split("/")
    .filter(Boolean);
  const [owner, name] = parts?.length === 2 ? parts : [];
  return owner !== undefined && name !== undefined ? { owner, name } : undefined;
}
