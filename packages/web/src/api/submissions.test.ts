import { expect, test } from "vitest";
import { submission } from "../testing/made-up-submit.ts";
import { laterSubmission } from "./submissions.ts";

const queued = submission({ api: "waiting", ui: "waiting" }, { state: "queued" });
const working = submission({ api: "done", ui: "working" });
const pushed = submission({ api: "done", ui: "pushed" });
const finished = submission({ api: "done", ui: "done" }, { state: "finished", outcome: "submitted" });

test("an answer that is older than what events told changes nothing", () => {
  expect(laterSubmission(working, queued)).toBe(working);
  expect(laterSubmission(finished, working)).toBe(finished);
  expect(laterSubmission(working, submission({ api: "working", ui: "waiting" }))).toBe(working);
});

test("a branch may be worked at once more after it was pushed", () => {
  expect(laterSubmission(pushed, working)).toBe(working);
  expect(laterSubmission(working, pushed)).toBe(pushed);
  expect(laterSubmission(undefined, queued)).toBe(queued);
  expect(laterSubmission(pushed, finished)).toBe(finished);
});
