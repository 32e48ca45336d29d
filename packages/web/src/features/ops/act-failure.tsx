import type { RepoStatus } from "stackit/contract/repo";
import { ApiError } from "../../api/client.ts";
import { ProblemFrame } from "../../ui/problem-frame.tsx";

/** Why an act of an operator came to nothing, and what to do. */
export function ActFailure({ error, status }: { error: Error; status: RepoStatus }) {
  const problem = error instanceof ApiError ? error : undefined;
  const title = problem?.title ?? "Something failed in this page";
  return (
    <div className="problem" role="alert">
      <ProblemFrame
        title={`${title}.`}
        detail={error.message === title ? undefined : error.message}
        code={problem?.code}
        facts={[
          ["Repository", status.displayName],
          ["Request", problem?.requestId],
          ["Page", location.pathname],
        ]}
      />
    </div>
  );
}
