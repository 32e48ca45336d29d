import { once } from "node:events";
import { createServer } from "node:http";
import { afterAll, beforeAll, expect, test } from "vitest";
import { runCommand } from "../support/cli.ts";
import type { ServedFolders } from "../support/served-folders.ts";
import { type SubmitWorld, submitWorld, threeStacked } from "../support/submit-world.ts";

const cwd = "/";
let world: SubmitWorld;
let served: ServedFolders;
beforeAll(async () => {
  world = await submitWorld((s) => {
    threeStacked(s);
    s.stacked("late", "main", { message: "Too late" });
    s.stacked("other", "main", { message: "Something else" });
  });
  served = await world.serve();
});
afterAll(async () => {
  await served?.[Symbol.asyncDispose]();
  await world?.[Symbol.asyncDispose]();
});

const submit = (args: readonly string[], options: { typed?: string; hasTerminal?: boolean } = {}) =>
  runCommand(["submit", ...args], { cwd, env: { STACKIT_SERVER: served.url }, ...options });
const heads = () => world.widget.pullRequests.map(({ head, base, isDraft }) => ({ head, base, isDraft }));

test("submit needs a word where nobody can be asked, and does nothing without it", async () => {
  const run = await submit(["widget", "--stack", "api"]);
  expect(run).toEqual({
    code: 2,
    stdout: "",
    stderr: "error: nobody can be asked here: add --yes to submit at once, or --dry-run to see the plan.\n",
  });
});

test("submit asks which stack where nothing tells", async () => {
  const run = await submit(["--dry-run"]);
  expect(run).toMatchObject({
    code: 2,
    stderr: "error: name one of the stacks with --stack: api, late, other.\n",
  });
});

test("the stack of the branch that is checked out is the one that is meant", async () => {
  const asked: string[] = [];
  const stacks = ["api", "other"].map((rootBranch) => ({
    id: `id-of-${rootBranch}`,
    rootBranch,
    branches: [{ name: rootBranch }, { name: `${rootBranch}/on-top` }],
  }));
  const server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    const isView = request.method === "GET";
    const answer = isView ? { repo: { currentBranch: "other/on-top" }, stacks } : { title: "Enough" };
    response
      .writeHead(isView ? 200 : 409, { "content-type": "application/json" })
      .end(JSON.stringify(answer));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const url = `http://127.0.0.1:${typeof address === "object" && address ? address.port : 0}`;
  const run = await submit(["shop", "--dry-run", "--server", url]);
  server.close();
  expect(asked).toEqual([
    "GET /api/v1/repos/shop/view",
    "POST /api/v1/repos/shop/stacks/other/submit?dryRun=1",
  ]);
  expect(run).toEqual({ code: 1, stdout: "", stderr: "error: Enough\n" });
});

test("a plan is shown for any branch of its stack, and nothing is done", async () => {
  const run = await submit(["--dry-run", "--stack", "ui"]);
  expect(run).toEqual({
    code: 0,
    stderr: "",
    stdout: `\
widget: Tell of it, as mira
create  api   into main    Add the API
create  ui    into api     Show it
create  docs  into ui      Tell of it
3 new pull requests
`,
  });
  const json = await submit(["--dry-run", "--stack", "api", "--json"]);
  expect(JSON.parse(json.stdout)).toMatchObject({ rootBranch: "api", creates: 3 });
  expect(heads()).toEqual([]);
});

test("what is not confirmed is not done", async () => {
  for (const typed of ["n\n", ""]) {
    const run = await submit(["--stack", "api"], { hasTerminal: true, typed });
    expect(run).toMatchObject({ code: 1 });
    expect(run.stderr).toBe("Submit 3 branches? [y/N] Nothing was submitted.\n");
  }
  expect(heads()).toEqual([]);
});

test("what is confirmed is done, and each branch tells its pull request; then there is nothing to do", async () => {
  const run = await submit(["--stack", "api", "--draft"], { hasTerminal: true, typed: "y\n" });
  expect(run).toMatchObject({ code: 0, stderr: "Submit 3 branches? [y/N] " });
  const told = run.stdout.split("\n").slice(-5, -1);
  expect(told).toEqual([
    expect.stringMatching(/^created {2}api {2}http\S+\/pull\/1$/),
    expect.stringMatching(/^created {2}ui {2}http\S+\/pull\/2$/),
    expect.stringMatching(/^created {2}docs {2}http\S+\/pull\/3$/),
    "3 branches submitted.",
  ]);
  expect(heads()).toEqual([
    { head: "api", base: "main", isDraft: true },
    { head: "ui", base: "api", isDraft: true },
    { head: "docs", base: "ui", isDraft: true },
  ]);
  const again = await submit(["--stack", "docs", "--yes"]);
  expect(again).toMatchObject({ code: 0, stderr: "" });
  expect(again.stdout).toMatch(/\nNothing to do: the remote has all of it\.\n$/);
});

test("a program gets the submission alone on stdout", async () => {
  const run = await submit(["widget", "--stack", "other", "--yes", "--json"]);
  expect(run.code).toBe(0);
  expect(JSON.parse(run.stdout)).toMatchObject({
    outcome: "submitted",
    branches: [{ name: "other", state: "done" }],
  });
});

test("what cannot be asked for says what to do", async () => {
  const trunk = await submit(["--stack", "main", "--yes"]);
  expect(trunk.code).toBe(1);
  expect(trunk.stderr).toMatch(/\(submit\/trunk\)\n {2}→ Name a stack with --stack/);
  const unknown = await submit(["--stack", "nowhere", "--yes"]);
  expect(unknown.stderr).toMatch(/\(stack\/not-found\)\n {2}→ Name a stack with --stack/);
});

test("a branch that fails is told with its reason, and the exit code says so", async () => {
  world.github.front = ({ method, url }, response) => {
    if (method !== "POST" || url !== "/repos/octo/widget/pulls") return false;
    const body = { message: "Validation Failed", errors: [{ message: "No commits between main and late" }] };
    response.writeHead(422, { "content-type": "application/json" }).end(JSON.stringify(body));
    return true;
  };
  const run = await submit(["--stack", "late", "--yes"]);
  world.github.front = undefined;
  expect(run.code).toBe(1);
  expect(run.stdout).toMatch(/\nfailed {3}late {2}GitHub refused the pull request: .*No commits between/);
});
