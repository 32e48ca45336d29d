import type { SshAccess } from "../ssh-access.ts";
import { explainConnection } from "./connection-failure.ts";
import { RemoteError, type RemoteFailure } from "./remote-failure.ts";

/** What was asked by `ssh`. */
export interface AskedBySsh {
  readonly url: URL;
  readonly ssh: SshAccess;
}

const MAX_KEPT = 1000;

type Explain = (asked: AskedBySsh) => string;

/**
 * What OpenSSH, Git and the forges print when they refuse, the surest first. GitHub, GitLab, Gitea, Forgejo, Bitbucket, Gerrit and gitolite have
 * words of their own for the same.
 */
const FAILURES: readonly (readonly [pattern: RegExp, failure: RemoteFailure, explain: Explain])[] = [
  [
    /REMOTE HOST IDENTIFICATION HAS CHANGED|Host key for .* has changed|differs from the key for the IP/,
    "unreachable",
    ({ url, ssh }) =>
      `WARNING: the host key of ${url.hostname} has CHANGED. Somebody may be listening in, or the host has a new key. Nothing was sent to it. Ask who runs the host, and only then replace the key in ${ssh.words.knownHosts}.`,
  ],
  [
    /REVOKED HOST KEY|Host key .* (was )?revoked/i,
    "unreachable",
    ({ url, ssh }) => `The host key of ${url.hostname} is marked as revoked in ${ssh.words.knownHosts}.`,
  ],
  [
    /host key is known for|Host key verification failed/,
    "unreachable",
    ({ url, ssh }) =>
      `The host key of ${url.hostname} is not known here. \`ssh-keyscan ${url.port ? `-p ${url.port} ` : ""}${hostOf(url)}\` prints it: compare it with what the host publishes, and add it to ${ssh.words.knownHosts}.`,
  ],
  [
    /Permission denied \(|Too many authentication failures|No more authentication methods|No supported authentication/,
    "auth-failed",
    ({ ssh }) =>
      `The remote refused ${ssh.words.keys}. Add the public key there, with permission to read this repository.`,
  ],
  [/Could not resolve hostname/, "unreachable", () => explainConnection("ENOTFOUND")],
  [/Connection refused/, "unreachable", () => explainConnection("ECONNREFUSED")],
  [/timed out|Timeout, server/, "unreachable", () => explainConnection("ETIMEDOUT")],
  [/Network is unreachable|No route to host/, "unreachable", () => explainConnection("EHOSTUNREACH")],
  [
    /Unable to negotiate|no matching .* found/,
    "unreachable",
    () => "The remote's host offers only methods of encryption that this machine's ssh does not accept.",
  ],
  [
    /No user exists for uid/,
    "error",
    () => "The user that runs the server is not in this machine's list of users, which ssh needs.",
  ],
  [
    /too many (requests|times)|rate limit/i,
    "rate-limited",
    () => "The remote asks to be left alone for a while.",
  ],
  [
    /git-upload-pack.*(not found|unknown|invalid)|(not found|unknown|invalid).*git-upload-pack/i,
    "error",
    () => "The remote's host has no git-upload-pack: it is no Git host.",
  ],
  [
    /does not appear to be a git repository|(repository|project)\b.*(not found|not be found|does not exist)|cannot find repository|no such (repository|project)|(repository|project) not found/i,
    "not-found",
    () => "The remote has no such repository, or does not show it to us.",
  ],
  [
    /\bdenied\b|not allowed|(not|un)\s?authorized|forbidden|SAML SSO/i,
    "auth-failed",
    ({ ssh }) =>
      `The remote knows ${ssh.words.keys}, and refuses to show this repository. Give that key permission to read it.`,
  ],
  [
    /Connection (to \S+ )?(closed|reset)|Broken pipe|banner exchange|client_loop/,
    "unreachable",
    () => explainConnection(""),
  ],
];

/** What git itself always adds when the remote has ended. Without it git speaks of this machine, which also denies permissions. */
const ENDED_EARLY = /Could not read from remote|early EOF|hung up|unexpected disconnect/;

/** Why a remote that was asked by `ssh` did not answer, from all that was printed. */
export function sshFailure(stderr: string, asked: AskedBySsh): RemoteError {
  const found = FAILURES.find(([pattern]) => pattern.test(stderr));
  if (found) return new RemoteError(found[1], found[2](asked));
  const said = stderr.trim().slice(-MAX_KEPT);
  return new RemoteError(
    "error",
    "The remote's host ended the connection without an answer; the server's log has what it said.",
    { cause: new Error(said === "" ? "nothing" : said) },
  );
}

/** The same of a git that failed; undefined when it did not fail for the remote. */
export function sshFailureOfGit(stderr: string, asked: AskedBySsh): RemoteError | undefined {
  return ENDED_EARLY.test(stderr) ? sshFailure(stderr, asked) : undefined;
}

function hostOf(url: URL): string {
  return url.hostname.replace(/^\[|\]$/g, "");
}
