import type { RepoSummary, ServerConfig } from "stackit/contract/repo";
import { isAtLeast } from "stackit/contract/role";

/** Whether who looks at the page may have stacks submitted. In a working copy that moves branches under whoever works there. */
export function maySubmit(
  { kind, role }: Pick<RepoSummary, "kind" | "role">,
  config: ServerConfig | undefined,
): boolean {
  return config?.readOnly === false && isAtLeast(role, kind === "working-copy" ? "operator" : "member");
}
