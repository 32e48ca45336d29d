import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import type { RepoInfo, StackDetail } from "stackit/contract/view";
import { meQuery, useConfig } from "../../api/queries.ts";

/** Who looks at the page: by their login at the forge, or by the name under which they commit in this clone. */
export type Viewer = { readonly login: string } | { readonly name: string };

/** Undefined where nobody can say, as for those who did not sign in to a server. */
export function useViewer({ currentUser: name }: RepoInfo): Viewer | undefined {
  const authRequired = useConfig()?.authRequired ?? false;
  const login = useQuery({ ...meQuery, enabled: authRequired }).data?.login;
  return useMemo(() => {
    if (login !== undefined) return { login };
    return name === undefined || authRequired ? undefined : { name };
  }, [login, name, authRequired]);
}

/**
 * Whether a stack is the viewer's. A login is that of the author of its lowest pull request: the name in a commit is whatever
 * somebody wrote there, and is that of no account.
 */
export function isOf(
  viewer: Viewer | undefined,
  { owner, branches }: Pick<StackDetail, "owner" | "branches">,
): boolean {
  if (viewer === undefined) return false;
  if ("name" in viewer) return owner === viewer.name;
  return branches.find(({ pr }) => pr?.author !== undefined)?.pr?.author === viewer.login;
}

export function nameOf(viewer: Viewer): string {
  return "name" in viewer ? viewer.name : viewer.login;
}
