import { execFile } from "node:child_process";
import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const MAIN = fileURLToPath(new URL("../../src/main.ts", import.meta.url));
const isRoot = process.getuid?.() === 0;
const uid = 54_321;

/** A command as a person whom the data folder does not belong to, and its exit code and output. */
async function asSomebodyElse(...args: string[]) {
  const argv = ["--conditions=source", MAIN, ...args];
  const options = { cwd: "/", uid, gid: uid, env: { PATH: process.env.PATH } };
  return promisify(execFile)(process.execPath, argv, options).then(
    ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
    ({ code, stdout, stderr }: { code: number; stdout: string; stderr: string }) => ({
      code,
      stdout,
      stderr,
    }),
  );
}

test.runIf(isRoot)(
  "a data folder of another user is told as such, by serve and by doctor (B37)",
  async () => {
    const folder = await mkdtemp(join(tmpdir(), "stackit-other-user-"));
    try {
      const dataDir = join(folder, "data");
      await chmod(folder, 0o755);
      await mkdir(dataDir, { mode: 0o700 });
      await writeFile(join(dataDir, "stackit.sqlite"), "");
      const list = join(folder, "repos.json");
      await writeFile(list, JSON.stringify({ repos: [{ id: "shop", url: "http://127.0.0.1:9/shop.git" }] }));
      const args = ["--repos-config", list, "--data-dir", dataDir, "--port", "0"];

      expect(await asSomebodyElse("serve", ...args)).toEqual({
        code: 1,
        stdout: "",
        stderr: `error: the data folder ${dataDir} cannot be used (EACCES). Start Stackit as the user that it belongs to, or name another with --data-dir.\n`,
      });
      const { code, stderr } = await asSomebodyElse("serve", "--repos-config", list);
      expect([code, stderr]).toEqual([
        2,
        "error: This user has no home folder in which the data could lie. Name a folder with --data-dir.\n",
      ]);
      const doctor = await asSomebodyElse("doctor", ...args);
      expect(doctor.stdout).toMatch(
        /✗ data folder: .*\(EACCES\); it belongs to user 0, and this is user 54321\n {2}→ Run this as the user/,
      );
      expect(doctor.stdout).toMatch(/! database: .*stackit\.sqlite is not usable: EACCES/);
      expect(doctor.code).toBe(1);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
);
