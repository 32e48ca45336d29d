import type { Logger } from "pino";
import type { Access } from "../access/access.ts";
import type { Caller } from "../access/caller.ts";
import type { Config } from "../config/config.ts";
import { isSsh, onGithub, ownerAndName, parseRemoteUrl } from "../config/remote-url.ts";
import { Problem } from "../contract/problem-error.ts";
import type { Submission } from "../contract/submit.ts";
import type { EventLog } from "../events/event-log.ts";
import type { GithubApp } from "../forge/github-app.ts";
import { GithubChannel } from "../forge/github-channel.ts";
import { GithubPullRequestWriter } from "../forge/github-pull-request-writer.ts";
import type { PatienceOptions } from "../forge/patient-github.ts";
import type { Spawner } from "../git/spawner.ts";
import type { RefLooker } from "../git/wire/ls-refs.ts";
import { tokenOf } from "../lib/basic-authorization.ts";
import type { Store } from "../store/open-store.ts";
import type { ScratchFolder } from "../store/scratch-folder.ts";
import { type ForgePlace, forgeDesk } from "../submit/forge-desk.ts";
import type { Account } from "../submit/read-stack.ts";
import { type SubmitAsked, SubmitDesk } from "../submit/submit-desk.ts";
import { submitSource } from "../submit/submit-source.ts";
import type { ForgeWatch } from "../sync/pull-requests/forge-watch.ts";
import type { SyncQueue } from "../sync/sync-queue.ts";
import type { ServedRepos } from "./served-repos.ts";

export interface SubmitTools {
  readonly config: Config;
  readonly spawner: Spawner;
  readonly looker: RefLooker;
  readonly scratch: ScratchFolder;
  readonly store: Store;
  readonly queue: SyncQueue;
  readonly served: ServedRepos;
  readonly access: Access;
  readonly githubApp: GithubApp | undefined;
  readonly events: EventLog;
  readonly forge: ForgeWatch;
  readonly log: Logger;
}

/** Submits what is served to the GitHub that this server is for. */
export function openSubmits(tools: SubmitTools): SubmitDesk {
  const { config, spawner, looker, scratch, store, queue, served, events, forge, log } = tools;
  const { url: githubUrl, apiUrl } = config.github;
  const keyOf = (repoId: string) => served.storeKeyOf(repoId) ?? "";
  return new SubmitDesk({
    spawner,
    looker,
    scratchDir: scratch.path,
    wallNow: Date.now,
    queue,
    sourceOf(repoId) {
      const repo = served.get(repoId);
      return repo && submitSource(repo, spawner);
    },
    forgeOf: (url) => placeOn(githubUrl, url),
    openForge(place, token) {
      // One of its own: what it is told to wait for is told to this person, and pauses are for this submit.
      const writer = new GithubPullRequestWriter(new GithubChannel({ apiUrl }), patience(config));
      return forgeDesk(writer, place, token);
    },
    noreplyHost: `users.noreply.${githubUrl.hostname}`,
    defaultsOf: (repoId) => served.configOf(repoId)?.submit ?? {},
    accountOf: (asked) => accountOf(asked, tools),
    store: {
      save: (repoId, submission) => store.submissions.save(keyOf(repoId), submission),
      async get(repoId, id) {
        const found = await store.submissions.get(keyOf(repoId), id);
        return found && { ...found, repoId };
      },
      lastOf: (repoId, rootBranch) => store.submissions.lastOf(keyOf(repoId), rootBranch),
    },
    tell: (submission) => tell(events, submission),
    onSubmitted: ({ repoId, outcome, rootBranch, requestedBy }) => {
      log.info({ repoId, stack: rootBranch, outcome, requestedBy }, "a stack was submitted");
      forge.pushed(repoId);
    },
    onError: (error, repoId) => log.warn({ err: error, repoId }, "a part of a submit failed"),
  });
}

/** How far it is, is news for those who look on; how it ended is kept for those who were away. */
function tell(events: EventLog, submission: Submission): void {
  const event = { name: "submit" as const, data: { repoId: submission.repoId, submission } };
  if (submission.state === "finished") events.append(event);
  else events.passOn(event);
}

function patience({ submitsWithoutPauses }: Config): PatienceOptions {
  return submitsWithoutPauses ? { pauseMs: 0, patienceMs: 0, backoff: { baseMs: 0, capMs: 0 } } : {};
}

/** The address by which GitHub knows somebody who shows none. */
function emailOf({ id, name }: Caller, { github }: Config): string {
  return `${id.slice(id.lastIndexOf(":") + 1)}+${name}@users.noreply.${github.url.hostname}`;
}

/** By whatever address it is known: it is pushed to over HTTP, with the token. */
function placeOn(githubUrl: URL, text: string): ForgePlace | undefined {
  const read = parseRemoteUrl(text);
  if (!("url" in read)) return undefined;
  const { url } = read;
  if (!isSsh(url)) {
    const name = onGithub(url, githubUrl);
    return name && { ...name, url };
  }
  const { owner, name } = url.hostname === githubUrl.hostname ? ownerAndName(url) : {};
  if (owner === undefined || name === undefined) return undefined;
  return { owner, name, url: new URL(`/${owner}/${name}.git`, githubUrl) };
}

/** @throws {Problem} `submit/no-credentials` {RemoteError} {Unverified} */
async function accountOf(
  { repoId, caller }: SubmitAsked,
  { config, served, access, githubApp }: SubmitTools,
): Promise<Account> {
  if (caller.kind === "person") {
    const token = await access.team?.watch.tokenOf(caller.id);
    if (token !== undefined) return { kind: "person", token, email: emailOf(caller, config) };
    throw new Problem("submit/no-credentials", "Your sign-in at GitHub has ended: sign in again.");
  }
  if (caller.kind === "local") {
    const about = served.configOf(repoId);
    const authorization = about?.kind === "mirror" ? about.authorization : undefined;
    const token = config.github.personalToken ?? (authorization && tokenOf(authorization));
    if (token !== undefined) return { kind: "token", token };
    throw new Problem(
      "submit/no-credentials",
      "No token is at hand to push and to open pull requests with: set GH_TOKEN where the server is started.",
    );
  }
  const repo = served.get(repoId);
  if (config.submitsAsApp && githubApp && repo?.owner !== undefined && repo.name !== undefined) {
    const made = await githubApp.writingToken({ owner: repo.owner, name: repo.name });
    if (made) return { kind: "app", token: made.token };
  }
  throw new Problem(
    "submit/no-credentials",
    "A program has no account on GitHub. Sign in as a person, or let the operator set STACKIT_SUBMIT_FALLBACK=app.",
  );
}
