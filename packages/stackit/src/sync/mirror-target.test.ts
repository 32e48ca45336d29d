import { expect, test } from "vitest";
import { GitError } from "../git/git-error.ts";
import { explainConnection, UNTRUSTED } from "../git/wire/connection-failure.ts";
import { RemoteError } from "../git/wire/remote-failure.ts";
import { RecloneFailedError } from "../repos/mirror-damage.ts";
import { mirrorFailure } from "./mirror-target.ts";

const BROKEN_OFF = "The connection to the remote broke in the midst of the transfer.";
const URL_OF = "unable to access 'https://git.example.com/shop.git/'";

test.each(["EMFILE", "ENFILE", "EAGAIN", "ENOMEM"])(
  "a system that has nothing more to give is told apart from a broken remote: %s",
  (code) => {
    const cause = Object.assign(new Error(`spawn git ${code}`), { code });
    const notStarted = new GitError("failed", { args: ["fetch"], exitCode: null, stderr: "", cause });
    for (const error of [cause, notStarted]) {
      expect(mirrorFailure(error)).toMatchObject({
        code: "sync/unreadable",
        message: "The server's system has no room for git: no more processes, files or memory.",
        retryable: true,
      });
    }
  },
);

test.each([
  ["error: RPC failed; curl 18 transfer closed with outstanding read data remaining", BROKEN_OFF],
  ["fetch-pack: unexpected disconnect while reading sideband packet\nfatal: early EOF", BROKEN_OFF],
  ["fatal: the remote end hung up unexpectedly", BROKEN_OFF],
  [`fatal: ${URL_OF}: Could not resolve host: git.example.com`, explainConnection("ENOTFOUND")],
  [
    `fatal: ${URL_OF}: Failed to connect to git.example.com port 443: Connection refused`,
    explainConnection("ECONNREFUSED"),
  ],
  [
    `fatal: ${URL_OF}: Failed to connect to git.example.com port 443: Connection timed out`,
    explainConnection("ETIMEDOUT"),
  ],
  [`fatal: ${URL_OF}: server certificate verification failed. CAfile: none CRLfile: none`, UNTRUSTED],
  [`fatal: ${URL_OF}: SSL certificate problem: unable to get local issuer certificate`, UNTRUSTED],
])("what git says of a connection is told in our words: %s", (stderr, detail) => {
  const error = new GitError("failed", { args: ["fetch"], exitCode: 128, stderr });
  expect(mirrorFailure(error)).toMatchObject({
    code: "sync/remote-unreachable",
    message: detail,
    retryable: true,
  });
});

test("what is damaged of a clone that somebody wanted is not said of the mirror, and another cause is told as ever", () => {
  const kept = "The mirror could not be cloned anew, and is kept as it was.";
  for (const [stderr, code, why] of [
    ["fatal: bad object 1234", "sync/remote-error", "What the remote sent is damaged."],
    ["error: No space left on device", "sync/disk-full", "The server's disk is full."],
  ] as const) {
    const cause = new GitError("failed", { args: ["fetch"], exitCode: 128, stderr });
    expect(mirrorFailure(new RecloneFailedError(cause))).toMatchObject({ code, message: `${kept} ${why}` });
  }
});

test("what the remote asks to be left alone for holds for a clone that somebody wanted too", () => {
  const cause = new RemoteError("rate-limited", "Slow down.", { retryAfterMs: 5000 });
  expect(mirrorFailure(new RecloneFailedError(cause)).retryAfterMs).toBe(5000);
});
