// A Git host as a process of its own: serves the bare repositories in the folder given as argument, and says where.
// Asked over IPC, it answers with the requests that it has had.

import { gitHttpHost } from "../packages/stackit/test/support/git-http-host.ts";

const folder = process.argv[2];
if (folder === undefined || !process.send) throw new Error("usage: fork git-host-process.ts <folder>");

const host = await gitHttpHost(folder);
process.on("message", () => process.send?.({ requests: host.requests }));
process.on("disconnect", () => process.exit());
process.send({ url: host.url });
