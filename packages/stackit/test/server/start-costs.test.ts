import { mkdtemp, rm } from "node:fs/promises";
import { Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { StatementSync } from "node:sqlite";
import { expect, test, vi } from "vitest";
import { serveFolders } from "../support/served-folders.ts";

/** The statements that a start asks of the store until it listens, on a data folder that knows the mirrors from before. */
async function statementsUntilListening(mirrors: number): Promise<string[]> {
  const dataDir = await mkdtemp(join(tmpdir(), "stackit-start-"));
  const repos = Array.from({ length: mirrors }, (_, index) => ({
    kind: "mirror" as const,
    id: `m${index}`,
    // Nobody answers there.
    url: new URL(`http://127.0.0.1:1/octo/m${index}.git`),
    owner: "octo",
    name: `m${index}`,
  }));
  const serve = () => serveFolders(repos, { dataDir }, { atOnce: true });
  const statements: string[] = [];
  let isListening = false;
  const restore: (() => void)[] = [];
  try {
    await (await serve())[Symbol.asyncDispose]();
    for (const method of ["all", "run", "get"] as const) {
      const original = StatementSync.prototype[method];
      const spy = vi.spyOn(StatementSync.prototype, method).mockImplementation(function (
        this: StatementSync,
        ...parameters
      ) {
        if (!isListening) statements.push(this.sourceSQL);
        return Reflect.apply(original, this, parameters);
      });
      restore.push(() => spy.mockRestore());
    }
    const listen = Server.prototype.listen;
    const spy = vi.spyOn(Server.prototype, "listen").mockImplementation(function (
      this: Server,
      ...parameters: unknown[]
    ) {
      // What starts git listens too, at a path.
      if (typeof parameters[0] !== "string") isListening = true;
      return Reflect.apply(listen, this, parameters);
    });
    restore.push(() => spy.mockRestore());
    await (await serve())[Symbol.asyncDispose]();
    expect(isListening).toBe(true);
    return statements;
  } finally {
    for (const one of restore) one();
    await rm(dataDir, { recursive: true, force: true });
  }
}

test("what a start asks of the store before it listens does not grow with the number of mirrors", async () => {
  const ofThree = await statementsUntilListening(3);
  expect(ofThree.join("\n")).toContain("run_history");
  expect(await statementsUntilListening(12)).toEqual(ofThree);
});
