import { repoByName } from "./repo-lookup.ts";
import type { RepoTable } from "./server-parts.ts";

/**
 * What the page of a repository asks for first, as a `Link` header: it is on its way while the browser still reads the page's scripts.
 * Undefined for every other page, and where `repos`, which are those that the caller may see, have no such one.
 */
export function pagePreloads(path: string, repos: RepoTable): string | undefined {
  const [, owner, name] = /^\/r\/([^/]+)\/([^/]+)/.exec(path)?.map(decoded) ?? [];
  if (owner === undefined || name === undefined) return undefined;
  const repo = owner === "local" ? repos.get(name) : repoByName(repos, `${owner}/${name}`);
  if (!repo) return undefined;
  const base = `/api/v1/repos/${encodeURIComponent(repo.id)}`;
  const asked = [
    "/api/v1/config",
    "/api/v1/repos",
    base,
    ...(repo.snapshot || repo.kept ? [`${base}/view`] : []),
  ];
  return asked.map((url) => `<${url}>; rel=preload; as=fetch; crossorigin`).join(", ");
}

/** Text that is not valid percent-encoding stands for itself. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
