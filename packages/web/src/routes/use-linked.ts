import { useQuery } from "@tanstack/react-query";
import { useEffect } from "react";
import type { StackDetail, View } from "stackit/contract/view";
import { navigate } from "wouter/use-browser-location";
import { stackQuery } from "../api/queries.ts";
import { type PullTarget, pullTarget, stackNamed } from "../features/stacks/link-target.ts";
import { formatRoute, type RepositoryRoute } from "./location.ts";

export interface Linked {
  /** The stack that the address names. */
  stack: StackDetail | undefined;
  /** No stack goes by that name any more. */
  stackGone: boolean;
  /** Where the pull request is, when it is not a branch to go to. */
  pull: Exclude<PullTarget, { kind: "branch" }> | undefined;
}

/** What the address leads to. Once that is known, the address has the stack's id, or the pull request's branch. */
export function useLinked(repoId: string, route: RepositoryRoute, view: View | undefined): Linked {
  const name = route.branch === undefined ? route.stack : undefined;
  const here = view && name !== undefined ? stackNamed(view, name) : undefined;
  const asked = useQuery({
    ...stackQuery(repoId, name ?? ""),
    enabled: view !== undefined && name !== undefined && !here,
  });
  const id = here?.id ?? (name === undefined ? undefined : asked.data?.id);
  const pull = view && route.pull !== undefined ? pullTarget(view, route.pull) : undefined;

  let address: string | undefined;
  if (pull?.kind === "branch") address = formatRoute({ ...route, branch: pull.name });
  else if (id !== undefined && id !== name) address = formatRoute({ ...route, stack: id });
  useEffect(() => {
    if (address !== undefined) navigate(address, { replace: true, state: history.state });
  }, [address]);

  return {
    stack: here,
    stackGone: name !== undefined && !here && asked.data === null,
    pull: pull?.kind === "branch" ? undefined : pull,
  };
}
