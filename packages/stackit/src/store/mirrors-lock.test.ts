import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { lockMirrors } from "./mirrors-lock.ts";

async function dataFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "stackit-lock-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

test("the mirrors of one data folder have one server, and the next one when that has let go", async () => {
  const [one, other] = [await dataFolder(), await dataFolder()];
  const lock = lockMirrors(one);
  expect(() => lockMirrors(one, 0)).toThrow(`Another server keeps the mirrors in ${one}. Stop it`);
  lockMirrors(other)[Symbol.dispose]();
  lock[Symbol.dispose]();
  lockMirrors(one)[Symbol.dispose]();
});

test("a server that was killed keeps nobody out", async () => {
  const folder = await dataFolder();
  const program = `
    import { lockMirrors } from ${JSON.stringify(new URL("./mirrors-lock.ts", import.meta.url).href)};
    globalThis.lock = lockMirrors(${JSON.stringify(folder)});
    console.log("locked");
    setInterval(() => {}, 1000);`;
  const other = spawn(process.execPath, ["--input-type=module", "--eval", program], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  await once(other.stdout, "data");
  expect(() => lockMirrors(folder, 0)).toThrow("Another server");
  other.kill("SIGKILL");
  await once(other, "exit");
  lockMirrors(folder)[Symbol.dispose]();
});
