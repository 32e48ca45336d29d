import { type Static, Type } from "typebox";
import type { RepoSummary } from "./repo.ts";
import type { SyncRun } from "./sync-run.ts";

/** Body of POST /repos: `owner` and `name` on the server's GitHub, or `url`. */
export const AskedToAdd = Type.Object(
  {
    owner: Type.Optional(Type.String({ pattern: "^[A-Za-z0-9][A-Za-z0-9_-]{0,99}$" })),
    name: Type.Optional(Type.String({ pattern: "^(?!\\.{1,2}$)[A-Za-z0-9._-]{1,100}$" })),
    url: Type.Optional(Type.String({ maxLength: 2048 })),
  },
  { $id: "AskedToAdd", additionalProperties: false },
);
export type AskedToAdd = Static<typeof AskedToAdd>;

/** Answer to it. */
export const RepoAdded = Type.Object(
  {
    repo: Type.Ref("RepoSummary"),
    /** What clones it; absent when it was served before. */
    run: Type.Optional(Type.Ref("SyncRun")),
  },
  { $id: "RepoAdded" },
);
export type RepoAdded = { repo: RepoSummary; run?: SyncRun };

/** What a remote shows to the server. */
export const SeenRemote = Type.Object({
  /** What stacks would stand on; absent when there is nothing of that kind. */
  trunk: Type.Optional(Type.String()),
  /** Absent when the remote speaks a protocol in which only a clone finds out. */
  branches: Type.Optional(Type.Integer({ minimum: 0 })),
});
export type SeenRemote = Static<typeof SeenRemote>;

/** Answer to a dry run: either the repository that is served already, or what would be added. */
export const RepoChecked = Type.Object(
  { repo: Type.Optional(Type.Ref("RepoSummary")), remote: Type.Optional(SeenRemote) },
  { $id: "RepoChecked" },
);
export type RepoChecked = { repo: RepoSummary } | { remote: SeenRemote };
