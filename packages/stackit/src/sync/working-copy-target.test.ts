import { expect, test } from "vitest";
import { GitError } from "../git/git-error.ts";
import { readFailure } from "./working-copy-target.ts";

const failed = (code: string) => Object.assign(new Error(code), { code });
const notStarted = (cause: Error) =>
  new GitError("failed", { args: ["for-each-ref"], exitCode: null, stderr: "", cause });

test.each([
  ["EMFILE", "sync/unreadable", "The system has no more processes, files or memory to give."],
  ["EACCES", "sync/unreadable", "The server may not read the repository's folder."],
  ["ENOSPC", "sync/disk-full", "The server's disk is full."],
  ["ENOTDIR", "sync/unreadable", "The repository's folder is gone, or is no repository any more."],
  ["no-repository", "sync/unreadable", "The repository's folder is gone, or is no repository any more."],
  ["EOTHER", "sync/unreadable", "Git could not read the refs."],
])(
  "what the system says of a working copy's folder is told in our words, also when git could not begin: %s",
  (code, problem, detail) => {
    for (const error of [failed(code), notStarted(failed(code))]) {
      expect(readFailure(error)).toMatchObject({ code: problem, message: detail, retryable: true });
    }
  },
);
