import { type ProblemCode, problemOf } from "stackit/contract/problems";

/** Who can mend it. `time`: it passes by itself. `nobody`: what is gone stays gone. */
export type Mender = "you" | "operator" | "remote" | "time" | "nobody";

/** What is offered, besides a copy of the details. `retry` stands only where the page knows how to ask again. */
export type Way = "retry" | "reload" | "sign-in" | "repositories";

export interface ProblemWords {
  mender: Mender;
  /** What whoever reads this can do, where they are no operator. */
  todo: string;
  ways: readonly Way[];
}

const OUTDATED_PAGE: ProblemWords = {
  mender: "you",
  todo: "Reload the page: it may be older than the server.",
  ways: ["reload"],
};
const FOR_OPERATOR: ProblemWords = { mender: "operator", todo: "Tell whoever runs this server.", ways: [] };
const PASSES: ProblemWords = { mender: "time", todo: "Try again in a moment.", ways: ["retry"] };
const REMOTE_FAILS: ProblemWords = {
  mender: "remote",
  todo: "Wait: it is tried again by itself. When it stays, tell whoever runs this server.",
  ways: ["retry"],
};

/** For each code what the contract does not say, since it speaks to programs and operators: who can mend it, and what the reader can do. */
const WORDS: Record<ProblemCode, ProblemWords> = {
  "request/invalid": OUTDATED_PAGE,
  "request/not-found": OUTDATED_PAGE,
  "request/method-not-allowed": OUTDATED_PAGE,
  "request/unsupported-media-type": OUTDATED_PAGE,
  "request/too-large": { mender: "you", todo: "Ask for less at once.", ways: [] },
  "request/header-too-large": {
    mender: "you",
    todo: "Remove this site's cookies in your browser, then reload the page.",
    ways: ["reload"],
  },
  "request/timeout": PASSES,
  "request/unknown-host": {
    mender: "operator",
    todo: "Open this server by the address that whoever runs it gave you.",
    ways: [],
  },
  "request/cross-site": {
    mender: "you",
    todo: "Open this page by its own address, not within another.",
    ways: ["reload"],
  },
  "request/rate-limited": {
    mender: "time",
    todo: "Wait a little, and close tabs of this page that you do not need.",
    ways: ["retry"],
  },
  "access/sign-in-required": { mender: "you", todo: "Sign in again.", ways: ["sign-in"] },
  "access/not-allowed": {
    mender: "operator",
    todo: "Ask whoever runs this server to let you.",
    ways: ["repositories"],
  },
  "access/unverified": PASSES,
  "webhook/bad-signature": FOR_OPERATOR,
  "webhook/overloaded": PASSES,
  "webhook/not-found": {
    mender: "nobody",
    todo: "Deliveries are kept for 30 days. Look at those that are.",
    ways: [],
  },
  "events/too-many-streams": {
    mender: "you",
    todo: "Close tabs of this page that you do not need, then try again.",
    ways: ["retry"],
  },
  "repo/not-found": {
    mender: "you",
    todo: "Check the address. If it is right, ask for access where the repository lives.",
    ways: ["repositories"],
  },
  "repo/no-access": {
    mender: "you",
    todo: "Check the name. If it is right, ask for access where the repository lives.",
    ways: [],
  },
  "repo/unreadable-for-server": FOR_OPERATOR,
  "repo/configured": FOR_OPERATOR,
  "repo/working-copy": { mender: "nobody", todo: "Mend it with git where it lies, then sync it.", ways: [] },
  "repo/not-ready": PASSES,
  "branch/not-found": { mender: "nobody", todo: "Look at what is left of its stack.", ways: [] },
  "stack/not-found": { mender: "nobody", todo: "Look at the other stacks.", ways: [] },
  "diff/unavailable": {
    mender: "operator",
    todo: "Deepen the clone with `git fetch --unshallow`; this server changes nothing in it.",
    ways: ["retry"],
  },
  "file/not-found": { mender: "nobody", todo: "Look at the diff itself, which tells of the file.", ways: [] },
  "file/not-image": { mender: "nobody", todo: "Look at the file in a clone of your own.", ways: [] },
  "file/too-large": { mender: "nobody", todo: "Look at the file in a clone of your own.", ways: [] },
  "push/not-found": { mender: "nobody", todo: "Choose a push that is stored.", ways: [] },
  "compare/too-large": { mender: "nobody", todo: "Compare the two trees instead.", ways: [] },
  "run/not-found": { mender: "nobody", todo: "Look at the runs that are kept.", ways: [] },
  "server/read-only": FOR_OPERATOR,
  "server/not-ready": PASSES,
  "server/busy": PASSES,
  "server/internal": {
    mender: "operator",
    todo: "Try again. When it stays, give the request id to whoever runs this server.",
    ways: ["retry"],
  },
  "submit/trunk": { mender: "you", todo: "Open the stack that you mean, and submit that.", ways: [] },
  "submit/plan-changed": {
    mender: "you",
    todo: "Look at the plan as it is now, and submit that.",
    ways: ["retry"],
  },
  "submit/nothing-possible": {
    mender: "you",
    todo: "Read what is said of each branch: it tells what to do.",
    ways: ["retry"],
  },
  "submit/under-way": {
    mender: "time",
    todo: "Wait until it is over, then look at what is left.",
    ways: ["retry"],
  },
  "submit/no-credentials": {
    mender: "operator",
    todo: "Sign in with your GitHub account. On a server of your own, give it a token.",
    ways: ["sign-in"],
  },
  "submit/no-forge": FOR_OPERATOR,
  "submit/not-permitted": {
    mender: "remote",
    todo: "Ask somebody who administers the repository on GitHub for write access.",
    ways: ["retry"],
  },
  "submit/push-refused": {
    mender: "remote",
    todo: "Read what the remote said. Where a rule of it forbids the push, ask those who set the rule.",
    ways: ["retry"],
  },
  "submit/pull-request-refused": {
    mender: "you",
    todo: "Read what GitHub said, and try again.",
    ways: ["retry"],
  },
  "submit/not-found": {
    mender: "nobody",
    todo: "Look at the stack and its pull requests: they tell how it ended.",
    ways: [],
  },
  "sync/held": {
    mender: "you",
    todo: "Look at what would vanish, and let it through or wait for the second look.",
    ways: [],
  },
  "sync/expectation-unmet": {
    mender: "remote",
    todo: "Look whether the push has arrived at the remote, then try again.",
    ways: ["retry"],
  },
  "sync/timeout": REMOTE_FAILS,
  "sync/unreadable": FOR_OPERATOR,
  "sync/auth-failed": FOR_OPERATOR,
  "sync/remote-not-found": FOR_OPERATOR,
  "sync/remote-unreachable": REMOTE_FAILS,
  "sync/remote-error": REMOTE_FAILS,
  "sync/rate-limited": {
    mender: "time",
    todo: "Wait: the remote is asked again as soon as it allows.",
    ways: [],
  },
  "sync/mirror-corrupt": FOR_OPERATOR,
  "sync/checkout-refused": FOR_OPERATOR,
  "sync/disk-full": FOR_OPERATOR,
  "sync/cancelled": PASSES,
  "sync/shutting-down": PASSES,
};

/** Of a failure without a code, or with one of another version. */
const UNKNOWN: ProblemWords = {
  mender: "operator",
  todo: "Try again. When it stays, give the details to whoever runs this server.",
  ways: ["retry"],
};

const UNKNOWN_TO_OPERATOR = "Try again. When it stays, the server's log may tell why.";

export function wordsOf(code: string | undefined): ProblemWords {
  return Object.entries(WORDS).find(([known]) => known === code)?.[1] ?? UNKNOWN;
}

/** What to do, in the words for whoever reads: those who run the server are told how. */
export function todoOf(code: string | undefined, isOperator: boolean): string {
  const { mender, todo } = wordsOf(code);
  const isTheirs = isOperator && (mender === "operator" || mender === "remote");
  return isTheirs ? (problemOf(code ?? "")?.mend ?? UNKNOWN_TO_OPERATOR) : todo;
}

/** `contact`: whom to ask, in the words of whoever runs the server. */
export function menderWords(
  mender: Mender,
  { isOperator, contact }: { isOperator: boolean; contact: string | undefined },
): string {
  switch (mender) {
    case "you":
      return "You.";
    case "operator":
      if (isOperator) return "You, as you run this server.";
      return contact === undefined ? "Whoever runs this server." : `Whoever runs this server: ${contact}`;
    case "remote":
      return "Whoever runs the remote, or the network between.";
    case "time":
      return "Nobody needs to: it passes by itself.";
    case "nobody":
      return "Nobody: it does not come back.";
  }
}
