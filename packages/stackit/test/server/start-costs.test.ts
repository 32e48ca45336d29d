import { mkdtemp, rm } from "node:fs/promises";
import { Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { StatementSync } from "node:sqlite";
import { expect, test, vi } from "vitest";
import { serveFolders } from "../support/served-folders.ts";

interface Asked {
  readonly sql: string;
  readonly parameters: readonly unknown[];
}

interface StartCosts {
  /** The statements that the store was asked until the server listened. */
  readonly untilListening: readonly string[];
  /** Those until its address was told. */
  readonly untilTold: readonly string[];
  /** How many runs the first statement writes that writes any. */
  readonly firstWritten: number;
}

/** What a start asks of the store, on a data folder that knows the mirrors from before. */
async function costsOfStart(mirrors: number): Promise<StartCosts> {
  const dataDir = await mkdtemp(join(tmpdir(), "stackit-start-"));
  const repos = Array.from({ length: mirrors }, (_, index) => ({
    kind: "mirror" as const,
    id: `m${index}`,
    // Nobody answers there.
    url: new URL(`http://127.0.0.1:1/octo/m${index}.git`),
    owner: "octo",
    name: `m${index}`,
  }));
  const serve = (onListening?: (url: string) => void) =>
    serveFolders(repos, { dataDir }, { atOnce: true, ...(onListening && { onListening }) });
  const asked: Asked[] = [];
  let untilListening: string[] | undefined;
  let untilTold: string[] | undefined;
  const restore: (() => void)[] = [];
  try {
    await (await serve())[Symbol.asyncDispose]();
    for (const method of ["all", "run", "get"] as const) {
      const original = StatementSync.prototype[method];
      const spy = vi.spyOn(StatementSync.prototype, method).mockImplementation(function (
        this: StatementSync,
        ...parameters
      ) {
        asked.push({ sql: this.sourceSQL, parameters });
        return Reflect.apply(original, this, parameters);
      });
      restore.push(() => spy.mockRestore());
    }
    const statements = () => asked.map(({ sql }) => sql);
    const listen = Server.prototype.listen;
    const spy = vi.spyOn(Server.prototype, "listen").mockImplementation(function (
      this: Server,
      ...parameters: unknown[]
    ) {
      // What starts git listens too, at a path.
      if (typeof parameters[0] !== "string") untilListening = statements();
      return Reflect.apply(listen, this, parameters);
    });
    restore.push(() => spy.mockRestore());
    await using _served = await serve(() => {
      untilTold = statements();
    });
    await expect.poll(() => firstWritten(asked)).toBeGreaterThan(0);
    if (!untilListening || !untilTold) throw new Error("the server told nobody that it listens");
    return { untilListening, untilTold, firstWritten: firstWritten(asked) };
  } finally {
    for (const one of restore) one();
    await rm(dataDir, { recursive: true, force: true });
  }
}

function firstWritten(asked: readonly Asked[]): number {
  const { parameters = [] } = asked.find(({ sql }) => sql.startsWith('insert into "sync_run"')) ?? {};
  return parameters.filter((parameter) => String(parameter).startsWith("mirror:")).length;
}

test("what a start asks of the store before it listens does not grow with the number of mirrors", async () => {
  const { untilListening: ofThree } = await costsOfStart(3);
  expect(ofThree.join("\n")).toContain("run_history");
  expect((await costsOfStart(12)).untilListening).toEqual(ofThree);
});

test("the address is told before any run is asked for, and the first runs of all are written down at once", async () => {
  const { untilListening, untilTold, firstWritten: written } = await costsOfStart(40);
  expect(untilTold).toEqual(untilListening);
  expect(written).toBe(40);
});
