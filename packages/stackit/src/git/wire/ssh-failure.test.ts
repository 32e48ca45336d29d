import { expect, test } from "vitest";
import { sshFailure, sshFailureOfGit } from "./ssh-failure.ts";

const asked = {
  url: new URL("ssh://git@git.example.com:2222/octo/shop.git"),
  ssh: {
    options: [],
    agentSocket: undefined,
    words: { keys: "the key in SHOP_KEY", knownHosts: "STACKIT_SSH_KNOWN_HOSTS" },
  },
};
/** What git adds when `ssh` has ended without an answer. */
const OF_GIT = `fatal: Could not read from remote repository.

Please make sure you have the correct access rights
and the repository exists.
`;

test.each([
  ["git@git.example.com: Permission denied (publickey).", "auth-failed"],
  ["Received disconnect from 192.0.2.1 port 22:2: Too many authentication failures", "auth-failed"],
  ["ssh: Could not resolve hostname git.example.com: Name or service not known", "unreachable"],
  ["ssh: connect to host git.example.com port 2222: Connection refused", "unreachable"],
  ["ssh: connect to host git.example.com port 2222: Connection timed out", "unreachable"],
  ["ssh: connect to host git.example.com port 2222: No route to host", "unreachable"],
  ["Connection timed out during banner exchange", "unreachable"],
  ["kex_exchange_identification: Connection closed by remote host", "unreachable"],
  ["Connection reset by 192.0.2.1 port 22", "unreachable"],
  ["Timeout, server git.example.com not responding.", "unreachable"],
  ["client_loop: send disconnect: Broken pipe", "unreachable"],
  [
    "Unable to negotiate with 192.0.2.1 port 22: no matching host key type found. Their offer: ssh-rsa",
    "unreachable",
  ],
  [
    "No ED25519 host key is known for [git.example.com]:2222 and you have requested strict checking.\r\nHost key verification failed.",
    "unreachable",
  ],
  ["No user exists for uid 10001", "error"],
  ["ERROR: Repository not found.", "not-found"],
  [
    "remote: \nremote: ========\nremote: \nremote: ERROR: The project you were looking for could not be found or you don't have permission to view it.\nremote: ",
    "not-found",
  ],
  ["Gitea: Cannot find repository: octo/shop", "not-found"],
  ["Forgejo: Repository does not exist", "not-found"],
  ["fatal: '/srv/shop.git' does not appear to be a git repository", "not-found"],
  ["Gerrit Code Review: project octo/shop not found", "not-found"],
  ["conq: repository does not exist.", "not-found"],
  ["ERROR: Permission to octo/shop.git denied to deploy key", "auth-failed"],
  [
    "ERROR: The 'octo' organization has enabled or enforced SAML SSO. To access this repository, you must use the HTTPS remote",
    "auth-failed",
  ],
  ["remote: ERROR: You are not allowed to download code from this project.", "auth-failed"],
  ["Gitea: Unauthorized", "auth-failed"],
  ["FATAL: R any shop robin DENIED by fallthru\n(or you mis-spelled the reponame)", "auth-failed"],
  ["bash: line 1: git-upload-pack: command not found", "error"],
  ["This endpoint has been requested too many times. Try again later.", "rate-limited"],
  ["the hamster is ill", "error"],
] as const)("%s", (stderr, failure) => {
  expect(sshFailure(stderr, asked).failure).toBe(failure);
  expect(sshFailureOfGit(`${stderr}\n${OF_GIT}`, asked)?.failure).toBe(failure);
});

const CHANGED = `@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@
@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @
@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@
IT IS POSSIBLE THAT SOMEONE IS DOING SOMETHING NASTY!
Host key for [git.example.com]:2222 has changed and you have requested strict checking.
Host key verification failed.`;

test("a changed host key is not taken for an unknown one, and both say what to do", () => {
  expect(sshFailure(CHANGED, asked).message).toContain("the host key of git.example.com has CHANGED");
  const unknown = sshFailure("Host key verification failed.", asked).message;
  expect(unknown).toContain("`ssh-keyscan -p 2222 git.example.com` prints it: compare");
  const standard = { ...asked, url: new URL("ssh://git@[2001:db8::1]/shop.git") };
  expect(sshFailure("Host key verification failed.", standard).message).toContain(
    "`ssh-keyscan 2001:db8::1`",
  );
});

test("what is not understood is kept for the log alone", () => {
  const { message, cause } = sshFailure("  the hamster is ill\n", asked);
  expect(message).not.toContain("hamster");
  expect(cause).toEqual(new Error("the hamster is ill"));
});

test("what git says of this machine is not about the remote", () => {
  expect(
    sshFailureOfGit("fatal: unable to write loose object file: No space left on device", asked),
  ).toBeUndefined();
  expect(sshFailureOfGit("error: unable to create temporary file: Permission denied", asked)).toBeUndefined();
  expect(sshFailureOfGit("", asked)).toBeUndefined();
});
