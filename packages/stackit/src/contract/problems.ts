/**
 * Every error code that a client can meet, with its status, title and what to do about it. Each has a page at
 * `/problems/<code>`. A code is never renamed: clients match on it.
 */
export const problems = {
  "request/invalid": {
    status: 400,
    title: "The request is not valid",
    mend: "Read `detail`: it names the wrong part and what is allowed.",
  },
  "request/not-found": {
    status: 404,
    title: "There is no such route",
    mend: "The routes are listed at /api/v1/docs and in /api/v1/openapi.json.",
  },
  "request/method-not-allowed": {
    status: 405,
    title: "This route does not take that method",
    mend: "Use one of the methods in the Allow header.",
  },
  "request/too-large": {
    status: 413,
    title: "The request body is too large",
    mend: "Send at most 1 MiB; a delivery of a webhook may have 25 MiB.",
  },
  "request/header-too-large": {
    status: 431,
    title: "The request line or a header is too large",
    mend: "Keep the request line and headers below 16 KiB.",
  },
  "request/timeout": {
    status: 408,
    title: "The request did not arrive in time",
    mend: "Send the whole request within 30 seconds.",
  },
  "request/unsupported-media-type": {
    status: 415,
    title: "The body is not JSON",
    mend: "Send JSON with Content-Type: application/json, or no body.",
  },
  "request/unknown-host": {
    status: 421,
    title: "This server does not answer for that host name",
    mend: "Open it by the address it printed at start, or name your host with --base-url.",
  },
  "request/cross-site": {
    status: 403,
    title: "A page of another site may not change anything here",
    mend: "Call the API from this site, or from a program, which sends no Origin.",
  },
  "request/rate-limited": {
    status: 429,
    title: "Too many requests",
    mend: "Wait for the seconds that Retry-After names.",
  },
  "access/sign-in-required": {
    status: 401,
    title: "You have to sign in first",
    mend: "Sign in at /auth/login. A program sends `Authorization: Bearer` with a token that `stackit token create` made on the server.",
  },
  "access/not-allowed": {
    status: 403,
    title: "You may see this, and not do that",
    mend: "Who may write to the repository on GitHub may sync it here; the rest is for operators. A token needs the scope for it.",
  },
  "access/unverified": {
    status: 503,
    title: "GitHub could not be asked who may come in",
    mend: "Try again in a moment. When it stays, look at GitHub's status, and at this server's way to it.",
  },
  "webhook/bad-signature": {
    status: 401,
    title: "The delivery is not signed with a secret of this server",
    mend: "Enter the secret of STACKIT_WEBHOOK_SECRET in the webhook's settings, exactly as it is configured here.",
  },
  "webhook/overloaded": {
    status: 503,
    title: "More deliveries arrive at once than there is room for",
    mend: "Deliver it again; until then the mirror's interval finds what was pushed. When it stays, somebody sends large bodies: let only GitHub's addresses reach the webhook.",
  },
  "webhook/not-found": {
    status: 404,
    title: "This delivery is not stored, or no longer",
    mend: "GET /api/v1/ops/webhooks lists those that are. They are kept for 30 days.",
  },
  "events/too-many-streams": {
    status: 429,
    title: "Too many event streams are open",
    mend: "Close some, or share one: a single stream carries all repositories.",
  },
  "repo/not-found": {
    status: 404,
    title: "There is no such repository, or you may not see it",
    mend: "GET /api/v1/repos lists the repositories that you may see.",
  },
  "repo/no-access": {
    status: 404,
    title: "There is no such repository, or you may not read it",
    mend: "Check owner and name. You have to be able to read it on GitHub yourself, with the account that you signed in with.",
  },
  "repo/unreadable-for-server": {
    status: 422,
    title: "The server itself may not read the repository",
    mend: "Install the server's GitHub App on the repository, or ask the operator for a token that can read it; then add it again.",
  },
  "repo/configured": {
    status: 409,
    title: "The repository is in the server's configuration",
    mend: "Take its entry out of the file of --repos-config, or its folder out of --cwd, and start the server again.",
  },
  "repo/working-copy": {
    status: 409,
    title: "The repository is a working copy",
    mend: "Only a mirror is repaired or cloned anew, since the server made it. A working copy is changed by nobody but its owner; it is read again with each sync.",
  },
  "repo/not-ready": {
    status: 503,
    title: "The repository has not been read yet",
    mend: "Try again in a moment; the repository's freshness says what is under way.",
  },
  "submit/trunk": {
    status: 409,
    title: "The trunk is not a stack",
    mend: "Name the root branch of a stack: GET …/stacks lists them.",
  },
  "submit/plan-changed": {
    status: 409,
    title: "Something moved since the plan was made",
    mend: "Ask for the plan again with `?dryRun=1`, look at it, and submit with its id.",
  },
  "submit/nothing-possible": {
    status: 409,
    title: "Nothing of this can be submitted",
    mend: "Read the reasons of the branches in `plan`: each says what to do.",
  },
  "submit/under-way": {
    status: 409,
    title: "A submit of this stack is under way",
    mend: "Wait for it: `submission` names it.",
  },
  "submit/no-credentials": {
    status: 403,
    title: "There is no account to submit with",
    mend: "Sign in with your GitHub account. A local server takes the token of GH_TOKEN, GITHUB_TOKEN or STACKIT_GIT_TOKEN.",
  },
  "submit/no-forge": {
    status: 409,
    title: "This repository is on no forge that Stackit can open pull requests on",
    mend: "Its remote has to be on the GitHub of STACKIT_GITHUB_URL.",
  },
  "submit/not-permitted": {
    status: 403,
    title: "The account may not write to this repository",
    mend: "Ask an administrator of the repository for write access, or for the app's permission to write contents and pull requests.",
  },
  "submit/push-refused": {
    status: 409,
    title: "The remote refused the push",
    mend: "Read `detail`: it says what the remote said, such as a protected branch.",
  },
  "submit/pull-request-refused": {
    status: 409,
    title: "GitHub refused the pull request",
    mend: "Read `detail`: it says what GitHub said.",
  },
  "submit/not-found": {
    status: 404,
    title: "This submission is not stored, or no longer",
    mend: "Its stack and its pull requests tell how it ended.",
  },
  "branch/not-found": {
    status: 404,
    title: "There is no such branch",
    mend: "GET …/branches lists them. The name is one percent-encoded segment.",
  },
  "stack/not-found": {
    status: 404,
    title: "No stack has this root branch",
    mend: "GET …/stacks lists the stacks by their root branch.",
  },
  "diff/unavailable": {
    status: 409,
    title: "The objects of this diff are not in this clone",
    mend: "A shallow or partial clone does not hold them, and it is never fetched into. Deepen it yourself if you need the diff.",
  },
  "file/not-found": {
    status: 404,
    title: "The branch's diff has no such file",
    mend: "Read the diff again, since the branch may have moved: a file goes by the ids in its `index` line there.",
  },
  "file/not-image": {
    status: 422,
    title: "The file is no image that is shown",
    mend: "PNG, JPEG, GIF and WebP are. An SVG is text, and is shown in the diff as such.",
  },
  "file/too-large": {
    status: 422,
    title: "The file is too large to be shown",
    mend: "Look at it in a clone.",
  },
  "push/not-found": {
    status: 404,
    title: "This push of the branch is not stored, or no longer",
    mend: "GET …/branch-pushes/{name} lists those that are known, and says which are stored.",
  },
  "compare/too-large": {
    status: 422,
    title: "The pushes are too large to be compared commit by commit",
    mend: "Ask with `mode=tree` for the difference between the two trees.",
  },
  "run/not-found": {
    status: 404,
    title: "There is no such sync run",
    mend: "Runs are kept for 30 days, at most 500 for each repository.",
  },
  "server/read-only": {
    status: 405,
    title: "This server is read-only",
    mend: "Nothing can be changed through it; ask its operator.",
  },
  "server/not-ready": {
    status: 503,
    title: "The server is not ready yet",
    mend: "Wait until every repository has been read or tried once; `waitingFor` names those that have not.",
  },
  "server/busy": {
    status: 503,
    title: "The server has as much to do as it takes on at once",
    mend: "Wait for the seconds that Retry-After names.",
  },
  "server/internal": {
    status: 500,
    title: "Something failed in the server",
    mend: "The server's log has the cause under the request id.",
  },
  "sync/held": {
    status: 409,
    title: "More than half of the branches would vanish",
    mend: "Look at what would vanish, on the page or in `run.hold`, and let it through there, with `stackit sync REPO --confirm HOLD`, or by waiting for the second look.",
  },
  "sync/expectation-unmet": {
    status: 504,
    title: "The expected commit did not arrive in time",
    mend: "Read `unmet`: it says what the repository has instead.",
  },
  "sync/timeout": {
    status: 504,
    title: "The run was not done in time",
    mend: "Check from this machine whether the host answers: network, firewall, proxy; it is asked again by itself. If it does and the repository is large, raise --sync-timeout.",
  },
  "sync/unreadable": {
    status: 500,
    title: "The repository's folder cannot be read or written",
    mend: "`stackit doctor` checks the folder, its permissions and git.",
  },
  "sync/auth-failed": {
    status: 502,
    title: "Sign-in to the remote failed",
    mend: "Renew the token where one was refused. Where none is set, put one into a variable and name that with `credentialEnv` in the file of --repos-config (for GitHub, STACKIT_GIT_TOKEN needs no naming), or install the GitHub App on the repository; by SSH, add the public key there. Variables are read when the server starts. `stackit doctor` tells what is set and what is missing.",
  },
  "sync/remote-not-found": {
    status: 502,
    title: "The remote has no such repository",
    mend: "Check the mirror's `url`. Forges say the same of a private repository to whom may not see it: check its credentials too.",
  },
  "sync/remote-unreachable": {
    status: 502,
    title: "The remote cannot be reached",
    mend: "It is tried again by itself. When it stays, check name, route and certificate of the mirror's host from this machine.",
  },
  "sync/remote-error": {
    status: 502,
    title: "The remote answered with an error",
    mend: "It is tried again by itself. When it stays, whoever runs the remote can tell more.",
  },
  "sync/rate-limited": {
    status: 503,
    title: "The remote told the server to wait",
    mend: "Wait for the seconds that Retry-After names, or raise --sync-interval and its bounds.",
  },
  "sync/mirror-corrupt": {
    status: 500,
    title: "The mirror on disk is damaged",
    mend: "It is cloned anew by itself with each sync until that succeeds. The last good state is still served.",
  },
  "sync/checkout-refused": {
    status: 409,
    title: "The checkout cannot be handed over as it is",
    mend: "Nothing was changed; it is looked at again with each sync. `stackit doctor` says the same.",
  },
  "sync/disk-full": {
    status: 507,
    title: "The disk is full",
    mend: "Free some space; the last good state is still served.",
  },
  "sync/cancelled": {
    status: 503,
    title: "The run was cancelled",
    mend: "An operator ended it. Sync again when you need it; nothing was changed by it.",
  },
  "sync/shutting-down": {
    status: 503,
    title: "The server is stopping",
    mend: "Ask again when it is back.",
  },
} as const satisfies Record<string, { status: number; title: string; mend: string }>;

export type ProblemCode = keyof typeof problems;

/** The entry of a code that may be one of another version. */
export function problemOf(code: string): { readonly title: string; readonly mend: string } | undefined {
  return Object.entries(problems).find(([key]) => key === code)?.[1];
}

export function isProblemCode(code: string): code is ProblemCode {
  return Object.hasOwn(problems, code);
}
