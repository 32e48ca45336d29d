import { type KeyObject, verify } from "node:crypto";
import type { Octokit } from "@octokit/core";

declare const request: Octokit["request"];
/** What GitHub's own description says that a question is answered with. */
export type Answer<R extends `${"GET" | "POST"} /${string}`> = Awaited<ReturnType<typeof request<R>>>["data"];

interface DescribedInstallation {
  readonly id: number;
  readonly owner: string;
  readonly permissions: Record<string, string>;
  readonly isSuspended: boolean;
}

export const APP_ID = 4711;

/** Why GitHub would not take that for the App's word. */
export function mistakeOf(authorization: string | undefined, publicKey: KeyObject): string | undefined {
  const [, head, body, signature] = /^bearer ([\w-]+)\.([\w-]+)\.([\w-]+)$/i.exec(authorization ?? "") ?? [];
  if (!head || !body || !signature) return "A JSON web token could not be decoded";
  const parse = (part: string) => JSON.parse(Buffer.from(part, "base64url").toString());
  const { alg } = parse(head);
  const isSigned = verify(
    "RSA-SHA256",
    Buffer.from(`${head}.${body}`),
    publicKey,
    Buffer.from(signature, "base64url"),
  );
  if (alg !== "RS256" || !isSigned) return "A JSON web token could not be decoded";
  const { iss, iat, exp } = parse(body);
  const now = Date.now() / 1000;
  if (String(iss) !== String(APP_ID)) return "Integration not found";
  if (!Number.isInteger(iat) || iat > now) {
    return "'Issued at' claim ('iat') must be an Integer representing the time that the assertion was issued";
  }
  if (!Number.isInteger(exp) || exp <= now) {
    return "'Expiration time' claim ('exp') must be a numeric value representing the future time at which the assertion expires";
  }
  return exp > now + 600 ? "'Expiration time' claim ('exp') is too far in the future" : undefined;
}

export function describeApp(): NonNullable<Answer<"GET /app">> {
  return {
    id: APP_ID,
    slug: "stackit-test",
    node_id: "A_1",
    owner: describeAccount("acme"),
    name: "Stackit of Acme",
    description: "",
    external_url: "https://stackit.example.com",
    html_url: "https://github.com/apps/stackit-test",
    created_at: "2026-01-01T00:00:00Z",
    updated_at: "2026-01-01T00:00:00Z",
    permissions: { contents: "read", metadata: "read" },
    events: ["push"],
  };
}

export function describeInstallation(
  installation: DescribedInstallation,
): Answer<"GET /repos/{owner}/{repo}/installation"> {
  const { id, owner, permissions, isSuspended } = installation;
  const api = `https://api.github.com/app/installations/${id}`;
  return {
    id,
    account: describeAccount(owner),
    repository_selection: "selected",
    access_tokens_url: `${api}/access_tokens`,
    repositories_url: "https://api.github.com/installation/repositories",
    html_url: `https://github.com/organizations/${owner}/settings/installations/${id}`,
    app_id: APP_ID,
    target_id: 1,
    target_type: "Organization",
    permissions,
    events: ["push"],
    created_at: "2026-01-01T00:00:00Z",
    updated_at: "2026-01-01T00:00:00Z",
    single_file_name: null,
    app_slug: "stackit-test",
    suspended_by: isSuspended ? describeAccount(owner) : null,
    suspended_at: isSuspended ? "2026-01-02T00:00:00Z" : null,
  };
}

function describeAccount(login: string) {
  const api = `https://api.github.com/users/${login}`;
  return {
    login,
    id: 1,
    node_id: "O_1",
    avatar_url: `https://avatars.githubusercontent.com/${login}`,
    gravatar_id: "",
    url: api,
    html_url: `https://github.com/${login}`,
    followers_url: `${api}/followers`,
    following_url: `${api}/following{/other_user}`,
    gists_url: `${api}/gists{/gist_id}`,
    starred_url: `${api}/starred{/owner}{/repo}`,
    subscriptions_url: `${api}/subscriptions`,
    organizations_url: `${api}/orgs`,
    repos_url: `${api}/repos`,
    events_url: `${api}/events{/privacy}`,
    received_events_url: `${api}/received_events`,
    type: "Organization",
    site_admin: false,
  };
}
