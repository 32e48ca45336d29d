import { type Static, Type } from "typebox";
import { Value } from "typebox/value";
import { firstMistake } from "./first-mistake.ts";

const SubmitEntry = Type.Object(
  {
    draft: Type.Optional(Type.Boolean()),
    reviewers: Type.Optional(
      Type.Array(
        Type.String({ pattern: "^[A-Za-z0-9](?:[A-Za-z0-9-]*)(?:/[A-Za-z0-9_.-]+)?$", maxLength: 140 }),
        {
          maxItems: 15,
        },
      ),
    ),
    labels: Type.Optional(Type.Array(Type.String({ minLength: 1, maxLength: 50 }), { maxItems: 20 })),
    nativeStack: Type.Optional(Type.Boolean()),
  },
  { additionalProperties: false },
);

/** How the stacks of a repository are submitted, where who submits says nothing else. */
export interface SubmitDefaults {
  /** Whether new pull requests are drafts. */
  readonly draft?: boolean;
  /** Logins, and teams as `organisation/team`: asked once a pull request is no draft. */
  readonly reviewers?: readonly string[];
  /** Of new pull requests. */
  readonly labels?: readonly string[];
  /** Whether pull requests in one line are made a stack of GitHub's own. */
  readonly nativeStack?: boolean;
}

const ALLOWED = {
  "": 'an object such as {"reviewers": ["ada", "our-org/web"], "labels": ["stacked"], "draft": true}',
  draft: "true or false",
  reviewers: 'a list of at most 15 logins and teams, such as ["ada", "our-org/web"]',
  labels: 'a list of at most 20 names, such as ["stacked"]',
  nativeStack: "true or false",
} satisfies Record<"" | keyof Static<typeof SubmitEntry>, string>;

/** @throws {ConfigError} at the first mistake */
export function parseSubmitDefaults(found: unknown, place: string): SubmitDefaults {
  if (Value.Check(SubmitEntry, found)) return found;
  throw firstMistake(SubmitEntry, found, {
    whole: place,
    before: `${place}.`,
    allowed: ALLOWED,
    unquoted: new Set(),
  });
}
