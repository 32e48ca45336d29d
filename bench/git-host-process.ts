// A Git host as a process of its own: serves the bare repositories in the folder given as argument, and says where.
// Asked over IPC, it answers with how often each was fetched from.

import { gitHttpHost } from "../packages/stackit/test/support/git-http-host.ts";

const folder = process.argv[2];
if (folder === undefined || !process.send) throw new Error("usage: fork git-host-process.ts <folder>");

const host = await gitHttpHost(folder);
process.on("message", () => process.send?.({ fetches: fetches() }));
process.on("disconnect", () => process.exit());
process.send({ url: host.url });

/** Ours, and those of a Git that asks for all it wants at once. */
function fetches(): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const [index, request] of host.requests.entries()) {
    const name = request.split("/")[1] ?? "";
    if (host.asks[index] === "fetch") counts[name] = (counts[name] ?? 0) + 1;
  }
  return counts;
}
