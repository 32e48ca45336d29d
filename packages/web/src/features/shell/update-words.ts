import type { Freshness, ServerConfig } from "stackit/contract/repo";
import { formatSpan } from "../../lib/durations.ts";

/** How what is shown comes to be new, without anybody asking; undefined when it does not. `freshness` is of the repository that is shown. */
export function updateWords(
  freshness: Pick<Freshness, "interval" | "watching"> | undefined,
  { webhooks }: Pick<ServerConfig, "webhooks">,
): string | undefined {
  if (freshness === undefined) return "updates by itself";
  if (freshness.watching) return "updates as it changes";
  const { everySec } = freshness.interval ?? {};
  if (everySec === undefined) return webhooks ? "updates with each push" : undefined;
  return `updates every ${everySec < 120 ? `${everySec}\u202fs` : formatSpan(everySec * 1000)}`;
}
