import { useEffect, useRef, useState } from "react";
import type { AskedToAdd, RepoAdded, RepoChecked, SeenRemote } from "stackit/contract/added-repo";
import type { RepoSummary } from "stackit/contract/repo";
import { ApiError, postJson } from "../../api/client.ts";
import { keys } from "../../api/keys.ts";
import { paths } from "../../api/paths.ts";
import { useServices } from "../../services.ts";
import { refusalWords } from "./add-words.ts";
import { askedFor } from "./asked-for.ts";

export type AddingState =
  | { step: "idle" }
  | { step: "checking" }
  | { step: "checked" | "adding"; asked: AskedToAdd; remote: SeenRemote }
  | { step: "served"; repo: RepoSummary }
  /** `againAt`: when it may be asked again, on the server's clock, where it said so. */
  | { step: "refused"; text: string; againAt: string | undefined };

const NO_REPOSITORY =
  "That is no repository. Give its URL, or owner/name as in octo/widget where it is on the server's GitHub.";

/** Checks what somebody typed, and has it served once they have seen what came of that. */
export function useAdding(onAdded: (repo: RepoSummary) => void) {
  const { queries, session, ticker } = useServices();
  const [state, setState] = useState<AddingState>({ step: "idle" });
  const asking = useRef(new AbortController());

  useEffect(() => () => asking.current.abort(), []);

  async function ask<T>(path: string, asked: AskedToAdd, onAnswer: (answer: T) => void): Promise<void> {
    asking.current.abort();
    asking.current = new AbortController();
    const { signal } = asking.current;
    try {
      const answer = await postJson<T>(path, { body: asked, signal });
      if (!signal.aborted) onAnswer(answer);
    } catch (error) {
      if (signal.aborted) return;
      session.hear(error);
      const waitMs = error instanceof ApiError ? error.retryAfterMs : undefined;
      const againAt = waitMs === undefined ? undefined : new Date(ticker.now() + waitMs).toISOString();
      setState({ step: "refused", text: refusalWords(error), againAt });
    }
  }

  return {
    state,
    /** What was found out is of another text. */
    forget() {
      asking.current.abort();
      setState({ step: "idle" });
    },
    check(typed: string) {
      const asked = askedFor(typed);
      if (!asked) return setState({ step: "refused", text: NO_REPOSITORY, againAt: undefined });
      setState({ step: "checking" });
      void ask<RepoChecked>(paths.checkRepo, asked, (found) =>
        setState(
          "repo" in found ? { step: "served", repo: found.repo } : { step: "checked", asked, ...found },
        ),
      );
    },
    add(asked: AskedToAdd, remote: SeenRemote) {
      setState({ step: "adding", asked, remote });
      void ask<RepoAdded>(paths.repos, asked, ({ repo }) => {
        queries.setQueryData<RepoSummary[]>(keys.repos, (repos = []) => [
          ...repos.filter(({ id }) => id !== repo.id),
          repo,
        ]);
        onAdded(repo);
      });
    },
  };
}
