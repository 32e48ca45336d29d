import { execFile } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const SCRIPT = fileURLToPath(new URL("audit.mjs", import.meta.url));
const ADVISORIES = "/-/npm/v1/security/advisories/bulk";

interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** The script in a folder that locks one package, with the machine's npm and a registry that answers so. */
async function audit(status: number, advisories: object): Promise<Outcome> {
  const folder = await mkdtemp(join(tmpdir(), "stackit-audit-"));
  const registry = createServer((request, response) => {
    const isAsked = request.method === "POST" && request.url === ADVISORIES;
    response.writeHead(isAsked ? status : 404, { "content-type": "application/json" });
    request
      .resume()
      .on("end", () => response.end(isAsked && status === 200 ? JSON.stringify(advisories) : ""));
  });
  registry.listen(0, "127.0.0.1");
  await once(registry, "listening");
  const { port } = registry.address() as AddressInfo;
  try {
    const dependencies = { "some-package": "1.0.0" };
    const entry = { version: "1.0.0", resolved: "https://registry.invalid/some-package-1.0.0.tgz" };
    await writeFile(
      join(folder, "package.json"),
      JSON.stringify({ name: "one", version: "1.0.0", dependencies }),
    );
    await writeFile(
      join(folder, "package-lock.json"),
      JSON.stringify({
        name: "one",
        version: "1.0.0",
        lockfileVersion: 3,
        packages: { "": { name: "one", version: "1.0.0", dependencies }, "node_modules/some-package": entry },
      }),
    );
    const env = {
      ...process.env,
      npm_config_registry: `http://127.0.0.1:${port}/`,
      npm_config_fetch_retries: "0",
      npm_config_cache: join(folder, "cache"),
    };
    const options = { cwd: folder, env };
    return await new Promise((resolve) => {
      execFile(process.execPath, [SCRIPT], options, (error, stdout, stderr) => {
        resolve({ code: Number(error?.code ?? 0), stdout, stderr });
      });
    });
  } finally {
    registry.closeAllConnections();
    registry.close();
    await rm(folder, { recursive: true, force: true });
  }
}

test("what nothing is known against passes, and is counted", async () => {
  const outcome = await audit(200, {});
  expect(outcome).toEqual({
    code: 0,
    stdout: "Packages checked: 1. Known vulnerabilities: none.\n",
    stderr: "",
  });
});

test("what something is known against fails, however little, with its name and where to read about it", async () => {
  const advisory = {
    id: 1,
    url: "https://advisories.example/1",
    title: "Leaks a little",
    severity: "low",
    vulnerable_versions: "<2.0.0",
    cwe: [],
    cvss: { score: 0 },
  };
  const outcome = await audit(200, { "some-package": [advisory] });
  expect(outcome.code).toBe(1);
  expect(outcome.stderr).toContain(
    "some-package (low): <2.0.0 Leaks a little https://advisories.example/1\n",
  );
});

test("where the registry has no such question it is said in one line that nothing was checked", async () => {
  const outcome = await audit(405, {});
  const stdout = "The registry cannot be asked for known vulnerabilities, so nothing was checked.\n";
  expect(outcome).toEqual({ code: 0, stdout, stderr: "" });
});

test("a registry that fails otherwise fails the check", async () => {
  const outcome = await audit(500, {});
  expect(outcome.code).toBe(1);
  expect(outcome.stderr).toContain("npm audit failed: 500");
});
