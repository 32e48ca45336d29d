import { createHmac, randomUUID } from "node:crypto";
import { createRequire } from "node:module";
import { crc32 } from "node:zlib";
import type { Change } from "./plain-git.ts";

export const SECRET = "only for measuring";
const PATH = "/api/v1/webhooks/github";

export interface Delivery {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** One JSON file. */
const events: { name: string; examples: { repository?: object }[] }[] = createRequire(import.meta.url)(
  "@octokit/webhooks-examples",
);
const example = events.find(({ name }) => name === "push")?.examples[0];

/** What GitHub sends for a push, of GitHub's own example and as large, signed. `origin`: of the host, without a slash at its end. */
export function pushDelivery(
  { origin, name }: { origin: string; name: string },
  { branch, commit }: Pick<Change, "branch" | "commit">,
): Delivery {
  const url = `${origin}/octo/${name}`;
  const names = { id: crc32(url), full_name: `octo/${name}`, html_url: url, clone_url: `${url}.git` };
  const repository = { ...example?.repository, ...names };
  const body = JSON.stringify({
    ...example,
    ref: `refs/heads/${branch}`,
    after: commit,
    deleted: false,
    repository,
  });
  return {
    path: PATH,
    headers: {
      "content-type": "application/json",
      "content-length": String(Buffer.byteLength(body)),
      "x-github-event": "push",
      "x-github-delivery": randomUUID(),
      "x-hub-signature-256": `sha256=${createHmac("sha256", SECRET).update(body).digest("hex")}`,
    },
    body,
  };
}
