import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { expect, onTestFinished, test } from "vitest";
import { runCommand } from "../support/cli.ts";
import { gitHttpHost } from "../support/git-http-host.ts";
import { createScene } from "../support/git-scene.ts";
import { startServerProcess } from "../support/server-process.ts";

const run = promisify(execFile);

/** A repository on a host whose certificate is from an authority that nobody knows. */
async function privateHost() {
  const folder = await mkdtemp(join(tmpdir(), "stackit-certificates-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const inFolder = (name: string) => join(folder, name);
  const openssl = (...args: string[]) => run("openssl", args, { cwd: folder });
  const newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout"];
  await openssl("req", "-x509", ...newKey, "ca.key", "-out", "ca.pem", "-days", "2", "-subj", "/CN=Ours");
  await openssl("req", ...newKey, "key.pem", "-out", "request.pem", "-subj", "/CN=127.0.0.1");
  await writeFile(inFolder("names"), "subjectAltName=IP:127.0.0.1\n");
  const sign = ["-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-extfile", "names"];
  await openssl("x509", "-req", "-in", "request.pem", ...sign, "-out", "cert.pem", "-days", "2");
  const upstream = await createScene((writer) => writer.commit("main"), { bare: true });
  const tls = {
    key: await readFile(inFolder("key.pem"), "utf8"),
    cert: await readFile(inFolder("cert.pem"), "utf8"),
  };
  const host = await gitHttpHost(dirname(upstream.path), { tls });
  const repos = [{ id: "shop", url: `${host.url}/repo.git` }];
  await writeFile(inFolder("repos.json"), JSON.stringify({ repos }));
  return {
    upstream,
    authority: inFolder("ca.pem"),
    junk: inFolder("names"),
    args: ["--repos-config", inFolder("repos.json"), "--data-dir", inFolder("data")],
    async [Symbol.asyncDispose]() {
      await host[Symbol.asyncDispose]();
      await upstream[Symbol.asyncDispose]();
    },
  };
}

test("a certificate of an unknown authority is told with what to do, and that lets our own requests and git through", async () => {
  await using host = await privateHost();
  const sync = (url: string) => fetch(`${url}/api/v1/repos/shop/sync`, { method: "POST" });
  {
    await using server = await startServerProcess(host.args);
    const refused = await sync(server.url);
    expect([refused.status, await refused.json()]).toMatchObject([
      502,
      { code: "sync/remote-unreachable", detail: expect.stringMatching(/does not trust.*`SSL_CERT_FILE`/) },
    ]);
  }
  const env = { SSL_CERT_FILE: host.authority };
  await using server = await startServerProcess(host.args, env);
  expect((await sync(server.url)).status).toBe(200);
  const doctor = await runCommand(["doctor", ...host.args, "--port", "0"], { cwd: "/", env });
  expect(doctor.stdout).toContain("repo.git, which answers without credentials");
});

test("a file of certificates that cannot be used stops the start", async () => {
  await using host = await privateHost();
  for (const [file, reason] of [
    [host.junk, "it holds no certificate"],
    ["/nowhere.pem", "ENOENT"],
  ] as const) {
    const start = await runCommand(host.args, { cwd: "/", env: { SSL_CERT_FILE: file } });
    expect(start).toMatchObject({
      code: 2,
      stderr: `error: SSL_CERT_FILE names ${file}, which cannot be used (${reason}).\n`,
    });
  }
});
