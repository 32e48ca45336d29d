import { Type } from "typebox";
import { Value } from "typebox/value";
import type { ExpectedRef } from "../../contract/sync-run.ts";

/** A push to one ref of a repository that the forge names `owner/name`. */
export interface Push {
  readonly fullName: string;
  /** The forge's number for the repository. */
  readonly forgeRepoId?: number;
  readonly ref: string;
  /** Null when the ref was deleted, undefined when the push does not say what the ref points to now. */
  readonly after: string | null | undefined;
}

/** `ignored`: of no consequence for stacks. `malformed`: says that it is a push, and does not say of what. */
export type Reading = { kind: "push"; push: Push } | { kind: "ignored" } | { kind: "malformed" };

const PushPayload = Type.Object({
  ref: Type.String({ pattern: "^refs/.", maxLength: 1024 }),
  after: Type.Optional(Type.String()),
  deleted: Type.Optional(Type.Boolean()),
  repository: Type.Object({
    id: Type.Optional(Type.Integer()),
    full_name: Type.String({ pattern: "^[^/]+/[^/]+$" }),
  }),
});

/** What GitHub says with the payload of an event. Takes anything that JSON can hold. */
export function readDelivery(event: string, payload: unknown): Reading {
  if (event !== "push") return { kind: "ignored" };
  if (!Value.Check(PushPayload, payload)) return { kind: "malformed" };
  const { ref, after, deleted, repository } = payload;
  const push: Push = {
    fullName: repository.full_name,
    ...(repository.id === undefined ? {} : { forgeRepoId: repository.id }),
    ref,
    after: deleted || isZero(after) ? null : isObjectId(after) ? after : undefined,
  };
  return { kind: "push", push };
}

/** Tags make no stacks, and the other refs of a forge are not mirrored. */
export function concernsStacks({ ref }: Push): boolean {
  return ref.startsWith("refs/heads/") || ref.startsWith("refs/stackit/");
}

export function expectationOf({ ref, after }: Push): ExpectedRef[] {
  return after === undefined ? [] : [{ ref, sha: after }];
}

function isObjectId(text: string | undefined): boolean {
  return text !== undefined && /^([0-9a-f]{40}|[0-9a-f]{64})$/.test(text);
}

function isZero(text: string | undefined): boolean {
  return text !== undefined && /^0{40,64}$/.test(text);
}
