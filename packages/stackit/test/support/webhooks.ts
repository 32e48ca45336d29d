import { createHash, randomUUID } from "node:crypto";
import { sign } from "@octokit/webhooks-methods";
import { HandMadeRepo } from "./hand-made-repo.ts";
import { testSecret } from "./test-secret.ts";

export const SECRET = testSecret("as it stands in GitHub's settings");
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
    repository: repositoryOf(fullName),
    ...more,
  };
}

/** The `repository` of a payload, as old as payloads get. By default its number follows from its name. */
export function repositoryOf(fullName: string, more: Record<string, unknown> = {}): Record<string, unknown> {
  return { id: numberOf(fullName), name: fullName.split("/")[1], full_name: fullName, ...more };
}

/** Some number that a forge could have given to the repository of that name. */
export function numberOf(fullName: string): number {
  return createHash("sha256").update(fullName.toLowerCase()).digest().readUInt32BE();
}

/** A mirror without git, of `fullName`. */
export function mirrorOf(fullName: string, id = fullName.replace("/", "-")): HandMadeRepo {
  const repo = new HandMadeRepo(id, fullName, "mirror");
  repo.publish({ api: "main" });
  return repo;
}
