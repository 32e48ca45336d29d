import type { RepoSummary, ServerConfig } from "stackit/contract/repo";
import { isAtLeast } from "stackit/contract/role";

/** Why nobody who looks at this page can have the repository synced, whatever the moment. */
export type Barred = "public" | "reader";

export function barredFrom(
  repo: Pick<RepoSummary, "role">,
  config: ServerConfig | undefined,
): Barred | undefined {
  if (config?.readOnly) return "public";
  return isAtLeast(repo.role, "member") ? undefined : "reader";
}
