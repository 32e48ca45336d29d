import { type ReactNode, useState } from "react";
import { Link } from "wouter";
import { ApiError } from "../api/client.ts";
import { paths } from "../api/paths.ts";
import { useConfig } from "../api/queries.ts";
import { useServices } from "../services.ts";
import { Button } from "./button.tsx";
import { ProblemFrame } from "./problem-frame.tsx";
import { type Way, wordsOf } from "./problem-words.ts";
import { Until } from "./time.tsx";

/** What could not be asked for, in the place where it would stand. */
export function ProblemBox({
  error,
  what,
  done = "shown",
  onRetry,
  children,
}: {
  error: unknown;
  /** The part of the page that is missing, as in "The diff". */
  what: string;
  /** What could not be done with it. */
  done?: string;
  onRetry?: () => void;
  children?: ReactNode;
}) {
  const at = useTimeOf(error);
  const problem = error instanceof ApiError ? error : undefined;
  const title = problem?.title ?? "Something failed in this page";
  return (
    <div className="problem" role="alert">
      <ProblemFrame
        title={`${what} could not be ${done}. ${title}.`}
        detail={error instanceof Error && error.message !== title ? error.message : undefined}
        since={
          problem?.retryAfterMs !== undefined && (
            <span>
              You may ask again <Until at={new Date(at + problem.retryAfterMs).toISOString()} />
            </span>
          )
        }
        code={problem?.code}
        facts={[
          ["Status", problem?.status ? String(problem.status) : undefined],
          ["Request", problem?.requestId],
          ["Time", new Date(at).toISOString()],
          ["Page", location.pathname],
        ]}
      >
        {children}
        {wordsOf(problem?.code).ways.map((way) => (
          <WayOut key={way} way={way} onRetry={onRetry} />
        ))}
      </ProblemFrame>
    </div>
  );
}

function WayOut({ way, onRetry }: { way: Way; onRetry: (() => void) | undefined }) {
  const hasSignIn = useConfig()?.authRequired ?? true;
  switch (way) {
    case "retry":
      return onRetry ? (
        <Button size="small" onClick={onRetry}>
          Try again
        </Button>
      ) : null;
    case "reload":
      return (
        <Button size="small" onClick={() => location.reload()}>
          Reload the page
        </Button>
      );
    case "sign-in":
      return hasSignIn ? (
        <a className="button plain small" href={paths.signIn(location.pathname + location.search)}>
          Sign in again
        </a>
      ) : null;
    case "repositories":
      return (
        <Link className="button plain small" href="/">
          Go to the repositories
        </Link>
      );
  }
}

/** When this failure, and not an earlier one, was first shown here. */
function useTimeOf(error: unknown): number {
  const { ticker } = useServices();
  const [noticed, setNoticed] = useState(() => ({ error, at: ticker.now() }));
  if (noticed.error !== error) setNoticed({ error, at: ticker.now() });
  return noticed.at;
}
