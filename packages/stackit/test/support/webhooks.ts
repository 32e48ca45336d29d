import { randomUUID } from "node:crypto";
import { sign } from "@octokit/webhooks-methods";
import { HandMadeRepo } from "./hand-made-repo.ts";

export const SECRET = "as it stands in GitHub's settings";
export const WEBHOOK = "/api/v1/webhooks/github";

/** What GitHub posts, for `inject` and for `fetch`'s `init` alike but for the name of the body. */
export interface Posted {
  readonly method: "POST";
  readonly url: string;
  readonly headers: Record<string, string>;
  readonly payload: string;
}

/** A delivery, signed by GitHub's own library. `payload` is sent as it is when it is text. */
export async function delivered(
  event: string,
  payload: unknown,
  { secret = SECRET, id = randomUUID() as string, type = "application/json" } = {},
): Promise<Posted> {
  const body = typeof payload === "string" ? payload : JSON.stringify(payload);
  const headers = {
    "content-type": type,
    "x-github-event": event,
    "x-github-delivery": id,
    "x-hub-signature-256": await sign(secret, body),
  };
  return { method: "POST", url: WEBHOOK, headers, payload: body };
}

/** The parts of a push's payload that matter, and some that do not. */
export function push(
  fullName: string,
  branch = "topic",
  after = "a".repeat(40),
  more: Record<string, unknown> = {},
): Record<string, unknown> {
  return {
    ref: `refs/heads/${branch}`,
    before: "b".repeat(40),
    after,
    created: false,
    deleted: /^0+$/.test(after),
    commits: [{ message: "Über 🎉 é" }],
    repository: { id: 186_853_002, name: fullName.split("/")[1], full_name: fullName },
    ...more,
  };
}

/** A mirror without git, of `fullName`. */
export function mirrorOf(fullName: string, id = fullName.replace("/", "-")): HandMadeRepo {
  const repo = new HandMadeRepo(id, fullName, "mirror");
  repo.publish({ api: "main" });
  return repo;
}
