import { expect, test } from "vitest";
import { plan, planned, pull, submission } from "../../testing/made-up-submit.ts";
import {
  actionDetail,
  actionWords,
  progressWords,
  stateWords,
  summaryWords,
  wishWords,
} from "./submit-words.ts";

test("a plan is one sentence", () => {
  const update = planned("ui", "api", { action: "update", pr: pull(1), changes: ["head", "base"] });
  expect(summaryWords([planned("api", "main"), planned("view", "api"), update])).toBe(
    "3 pushes, 2 new PRs, 1 updated",
  );
  expect(summaryWords([{ ...update, push: false }])).toBe("1 updated");
  expect(summaryWords([planned("api", "main", { action: "push" })])).toBe("1 push");
});

test("labels and reviewers are told where they will be asked for", () => {
  const wishes = { labels: ["stacked"], reviewers: ["theo", "octo/core"] };
  const told = ["Labels: stacked", "Reviewers: theo, octo/core"];
  expect(wishWords(plan([planned("api", "main")], wishes))).toEqual(told);
  expect(wishWords(plan([planned("api", "main", { action: "push", pr: pull(1) })], wishes))).toEqual([]);
  const ready = planned("api", "main", { action: "update", pr: pull(1), changes: ["ready"] });
  expect(wishWords(plan([ready], wishes))).toEqual(told.slice(1));
  expect(wishWords(plan([planned("api", "main")]))).toEqual([]);
});

test("an action tells what it changes, and on what a branch is put first", () => {
  const update = planned("ui", "api", { action: "update", changes: ["head", "base"], restack: true });
  expect(actionWords(update, false)).toBe("Update PR");
  expect(actionDetail(update)).toBe("restacked on api · commits and base");
  expect(actionWords(planned("ui", "api"), true)).toBe("Create draft PR");
  expect(actionDetail(planned("ui", "api"))).toBeUndefined();
  const reason = { code: "held", detail: "" } as const;
  expect(actionWords(planned("ui", "api", { action: "cannot", reason }), false)).toBe("Cannot: checked out");
});

test("how far a submission is counts what was taken, not what was left out", () => {
  const states = { api: "done", view: "done", ui: "failed", docs: "skipped" } as const;
  expect(progressWords(submission(states))).toBe("2 of 3 branches done…");
  expect(progressWords(submission(states, { state: "finished", outcome: "partial" }))).toBe(
    "2 of 3 branches submitted, 1 failed",
  );
  const whole = submission({ api: "done" }, { state: "finished", outcome: "submitted" });
  expect(progressWords(whole)).toBe("1 branch submitted");
  const none = submission({ api: "failed" }, { state: "finished", outcome: "failed" });
  expect(progressWords(none)).toBe("Nothing was changed on the remote");
});

test("a branch that was only pushed does not wait for a pull request", () => {
  const [waits] = submission({ api: "pushed" }).branches;
  if (!waits) throw new Error("there is one");
  expect(stateWords(waits).text).toBe("Pushed, PR next");
  expect(stateWords({ ...waits, action: "push" }).text).toBe("Pushed");
});
