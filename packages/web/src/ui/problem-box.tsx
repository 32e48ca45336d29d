import type { ReactNode } from "react";
import { ApiError } from "../api/client.ts";
import { Button } from "./button.tsx";
import { Coded } from "./coded.tsx";
import { CopyButton } from "./copy-button.tsx";
import { Sign } from "./glyphs.tsx";

/** What happened, what you can do, and the details that somebody else may need to mend it. */
export function ProblemBox({
  error,
  what,
  onRetry,
  children,
}: {
  error: unknown;
  /** The part of the page that is missing, as in "The diff". */
  what: string;
  onRetry?: () => void;
  children?: ReactNode;
}) {
  const problem = error instanceof ApiError ? error : undefined;
  const title = problem?.title ?? "Something failed in this page";
  const detail = error instanceof Error && error.message !== title ? error.message : undefined;
  const facts = [
    ["Code", problem?.code],
    ["Status", problem?.status ? String(problem.status) : undefined],
    ["Request", problem?.requestId],
  ].filter((fact): fact is [string, string] => fact[1] !== undefined);
  const details = [`${what}: ${title}`, detail, ...facts.map(([name, value]) => `${name}: ${value}`)];

  return (
    <div className="problem" role="alert">
      <Sign name="failing" />
      <div>
        <p className="problem-title">
          {what} could not be shown. {title}.
        </p>
        {detail && (
          <p className="meta">
            <Coded text={detail} />
          </p>
        )}
        {children}
        <div className="problem-actions">
          {onRetry && (
            <Button size="small" onClick={onRetry}>
              Try again
            </Button>
          )}
          <CopyButton text={details.filter(Boolean).join("\n")} what="the details" label="Copy details" />
        </div>
        {facts.length > 0 && (
          <details className="meta">
            <summary>Details</summary>
            <dl className="facts">
              {facts.map(([name, value]) => (
                <div key={name}>
                  <dt>{name}</dt>
                  <dd className="mono">{value}</dd>
                </div>
              ))}
            </dl>
          </details>
        )}
      </div>
    </div>
  );
}
