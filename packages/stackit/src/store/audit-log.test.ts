import { expect, test } from "vitest";
import { ManualClock } from "../../test/support/manual-clock.ts";
import { memoryDatabase } from "../../test/support/memory-database.ts";
import { AuditLog, type AuditNote, type AuditQuestion } from "./audit-log.ts";

async function setUp(limits?: { done: number; refused: number }) {
  const [clock, { db }] = [new ManualClock(), await memoryDatabase()];
  /** As after a restart: what is too much goes with the first entry that it writes. */
  const open = () => new AuditLog(db, { wallNow: () => clock.wallNow(), ...(limits && { limits }) });
  const audit = open();
  const listed = async (question: Partial<AuditQuestion> = {}) =>
    (await audit.list({ limit: 100, ...question })).entries.map(({ requestId }) => requestId);
  return { clock, audit, open, listed };
}

/** `requestId` names it in these tests. */
function note(requestId: string, more: Partial<AuditNote> = {}): AuditNote {
  return { action: "sync", address: "203.0.113.9", requestId, ...more };
}

const ADA = { kind: "person", id: "github.com:7", name: "Ada" } as const;
const CI = { kind: "token", id: "8a3e", name: "ci" } as const;

test("an entry is told as it was written, with when it was and how it ended", async () => {
  const { clock, audit } = await setUp();
  await audit.write(note("a", { actor: ADA, target: "widget", detail: "why" }));
  await clock.advance(1000);
  await audit.write(note("b", { action: "sign-in-refused" }));
  const { entries } = await audit.list({ limit: 10 });
  expect(entries).toEqual([
    {
      id: expect.stringMatching(/^[0-9A-Z]{26}$/),
      at: "2026-01-01T00:00:01.000Z",
      action: "sign-in-refused",
      outcome: "refused",
      address: "203.0.113.9",
      requestId: "b",
    },
    {
      id: expect.stringMatching(/^[0-9A-Z]{26}$/),
      at: "2026-01-01T00:00:00.000Z",
      action: "sync",
      outcome: "done",
      actor: ADA,
      target: "widget",
      detail: "why",
      address: "203.0.113.9",
      requestId: "a",
    },
  ]);
});

test("pages follow each other newest first, also when more is written meanwhile and the clock was set back", async () => {
  const { clock, audit } = await setUp();
  for (const name of ["a", "b", "c", "d"]) {
    clock.setWallBack(1000);
    await audit.write(note(name));
  }
  const first = await audit.list({ limit: 2 });
  await audit.write(note("e"));
  const second = await audit.list({ limit: 2, before: first.next });
  expect([first, second].map(({ entries }) => entries.map(({ requestId }) => requestId))).toEqual([
    ["d", "c"],
    ["b", "a"],
  ]);
  expect(second.next).toBeUndefined();
});

test("filters narrow each other", async () => {
  const { clock, audit, listed } = await setUp();
  const begunAtMs = clock.wallNow();
  const notes = [
    note("added", { action: "repo-added", actor: ADA, target: "widget" }),
    note("of another", { actor: ADA, target: "other" }),
    note("by a program", { actor: CI, target: "widget" }),
    note("made", { action: "token-created", target: "widget" }),
    note("refused", { action: "sign-in-refused", target: "ADA" }),
    note("nobody", { action: "sign-in-refused" }),
  ];
  for (const one of notes) {
    await audit.write(one);
    await clock.advance(1000);
  }
  expect(await listed({ who: "aDA" })).toEqual(["refused", "of another", "added"]);
  expect(await listed({ who: ADA.id })).toEqual(["of another", "added"]);
  expect(await listed({ who: "github.com" })).toEqual([]);
  expect(await listed({ what: "sync" })).toEqual(["by a program", "of another"]);
  expect(await listed({ repo: "widget" })).toEqual(["by a program", "added"]);
  expect(await listed({ repo: "widget", who: "ci" })).toEqual(["by a program"]);
  expect(await listed({ sinceMs: begunAtMs + 1000, untilMs: begunAtMs + 3000 })).toEqual([
    "by a program",
    "of another",
  ]);
});

test("the oldest go, and refusals drive out nothing of what was done", async () => {
  const { clock, audit, open, listed } = await setUp({ done: 3, refused: 2 });
  for (const name of ["a", "b", "c", "d"]) await audit.write(note(name));
  for (const action of ["sign-in-refused", "access-refused", "sign-in-refused"] as const) {
    await audit.write(note(`${action}`, { action }));
  }
  await clock.advance(1);
  await open().write(note("e"));
  expect(await listed()).toEqual(["e", "sign-in-refused", "access-refused", "d", "c"]);
});

test("while it runs it keeps at most a thousand more than it should", async () => {
  const { audit, listed } = await setUp({ done: 10, refused: 10 });
  for (let count = 0; count < 1012; count++) await audit.write(note(String(count)));
  expect(await listed({ limit: 2000 })).toHaveLength(20);
});
