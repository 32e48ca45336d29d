import type { RepoKind } from "../contract/repo.ts";
import { checkedOutOrAtWork } from "../git/branches-at-work.ts";
import { listConfig } from "../git/config-list.ts";
import { ReadOnlyGit } from "../git/read-only-git.ts";
import { readAllTips } from "../git/reflog.ts";
import type { Spawner } from "../git/spawner.ts";
import { AdoptedCheckout } from "../repos/adopted-checkout.ts";
import type { GraphSnapshot } from "../repos/graph-snapshot.ts";
import { Mirror } from "../repos/mirror.ts";
import type { WorkingCopy } from "../repos/working-copy.ts";

/** Who a person is in the commits that they make. */
export interface Identity {
  readonly name: string;
  readonly email: string;
}

/** What a submit needs of a repository, whichever kind it is. */
export interface SubmitSource {
  readonly repoId: string;
  readonly kind: RepoKind;
  readonly snapshot: GraphSnapshot | undefined;
  /** Reads what was not needed so far. */
  wake?(): Promise<void>;
  /** The Git folder that all its worktrees share. Undefined until it was found. */
  readonly gitDir: string | undefined;
  /** Where it is pushed to, as its configuration says; undefined where nobody says. @throws {GitError} */
  remoteUrl(signal: AbortSignal): Promise<string | undefined>;
  /** Full names of the branches that must not be moved under a person. */
  held(): Promise<ReadonlySet<string>>;
  /** Commits that a branch was at in this clone. Undefined where all that the remote has is known, since it was fetched from there. */
  formerTips?(branch: string): Promise<readonly string[]>;
  /** Whether branches of that remote are tracked under their own names. Absent where nothing is tracked. @throws {GitError} */
  tracks?(remote: string, signal: AbortSignal): Promise<boolean>;
  /** Who works there; undefined where nobody does. @throws {GitError} */
  identity(signal: AbortSignal): Promise<Identity | undefined>;
}

export function submitSource(
  repo: Mirror | AdoptedCheckout | WorkingCopy,
  spawner: Spawner,
): SubmitSource | undefined {
  if (repo instanceof Mirror) return ofMirror(repo.id, repo);
  if (repo instanceof AdoptedCheckout) return repo.mirror && ofMirror(repo.id, repo.mirror);
  return ofWorkingCopy(repo, spawner);
}

function ofMirror(repoId: string, mirror: Mirror): SubmitSource {
  return {
    repoId,
    kind: "mirror",
    wake: () => mirror.wake(),
    get snapshot() {
      return mirror.snapshot;
    },
    gitDir: mirror.gitDir,
    remoteUrl: async () => mirror.place.url.href,
    held: async () => new Set(),
    identity: async () => undefined,
  };
}

function ofWorkingCopy(repo: WorkingCopy, spawner: Spawner): SubmitSource {
  const found = () => repo.commonDir ?? "";
  const config = (signal: AbortSignal) => listConfig(new ReadOnlyGit(spawner, found()), { signal });
  return {
    repoId: repo.id,
    kind: "working-copy",
    get snapshot() {
      return repo.snapshot;
    },
    get gitDir() {
      return repo.commonDir;
    },
    async remoteUrl(signal) {
      const remote = repo.snapshot?.parts.settings.remote;
      const values = await config(signal);
      return values.get(`remote.${remote}.pushurl`) ?? values.get(`remote.${remote}.url`);
    },
    held: () => checkedOutOrAtWork(found()),
    formerTips: (branch) => readAllTips(found(), branch),
    async tracks(remote, signal) {
      const refspec = (await config(signal)).get(`remote.${remote}.fetch`);
      return refspec?.replace(/^\+/, "") === `refs/heads/*:refs/remotes/${remote}/*`;
    },
    async identity(signal) {
      const values = await config(signal);
      const [name, email] = [values.get("user.name"), values.get("user.email")];
      return name && email ? { name, email } : undefined;
    },
  };
}
