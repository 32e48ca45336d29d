import type { ReactNode } from "react";
import { useConfig, useIsOperator } from "../api/queries.ts";
import { Coded } from "./coded.tsx";
import { CopyButton } from "./copy-button.tsx";
import { Sign } from "./glyphs.tsx";
import { menderWords, todoOf, wordsOf } from "./problem-words.ts";

/** A line of the details, in the copy and in the fold. */
export type Fact = readonly [name: string, value: string | undefined];

/** The one order in which a failure is told: what happened, since when, what you can do, who can mend it, the details. */
export function ProblemFrame({
  title,
  detail,
  since,
  code,
  facts,
  children,
}: {
  /** One sentence. */
  title: string;
  detail: string | undefined;
  since?: ReactNode;
  /** Says who can mend it, and how. */
  code: string | undefined;
  /** For whoever is to mend it; none of them is a secret. */
  facts: readonly Fact[];
  /** Buttons. */
  children?: ReactNode;
}) {
  const contact = useConfig()?.contact;
  const isOperator = useIsOperator();
  const { mender } = wordsOf(code);
  const known = [["Code", code] as const, ...facts].flatMap(([name, value]) =>
    value === undefined ? [] : [{ name, value }],
  );
  const asksOperator = mender === "operator" && !isOperator;
  const copy = [title, detail, ...known.map(({ name, value }) => `${name}: ${value}`)]
    .filter((line) => line !== undefined)
    .join("\n");
  return (
    <>
      <Sign name="failing" />
      <div>
        <p className="problem-title">{title}</p>
        {detail && (
          <p className="problem-detail">
            <Coded text={detail} />
          </p>
        )}
        {since && <p className="meta parts">{since}</p>}
        <dl className="problem-words">
          <div>
            <dt>What to do</dt>
            <dd>
              <Coded text={todoOf(code, isOperator)} />
            </dd>
          </div>
          <div>
            <dt>Who can mend it</dt>
            <dd>{menderWords(mender, { isOperator, contact })}</dd>
          </div>
        </dl>
        <div className="problem-actions">
          {children}
          {asksOperator ? (
            <CopyButton text={copy} what="a message for whoever runs this server" label="Copy a message" />
          ) : (
            <CopyButton text={copy} what="the details" label="Copy details" />
          )}
        </div>
        <details className="meta">
          <summary>Details</summary>
          <dl className="facts">
            {known.map(({ name, value }) => (
              <div key={name}>
                <dt>{name}</dt>
                <dd className="mono">{value}</dd>
              </div>
            ))}
          </dl>
        </details>
      </div>
    </>
  );
}
