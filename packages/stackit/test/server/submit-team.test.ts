import { expect, test } from "vitest";
import type { AuditList } from "../../src/contract/audit.ts";
import type { Submission, SubmitPlan } from "../../src/contract/submit.ts";
import type { Permission } from "../support/github-people-double.ts";
import { submitTeam } from "../support/submit-team.ts";
import { type SubmitWorld, submitWorld, threeStacked } from "../support/submit-world.ts";
import type { Browser, TeamServer } from "../support/team-server.ts";

/** Signs somebody in, whom GitHub knows by the token that it gave for that. */
async function signedIn(
  server: TeamServer,
  { github }: SubmitWorld,
  login: string,
  permission: Permission,
): Promise<Browser> {
  const person = server.github.person(login, { "octo/widget": permission });
  const browser = await server.signIn(person);
  const [token = ""] = [...server.github.tokens].find(([, whose]) => whose === person) ?? [];
  github.personalTokens.add(token);
  github.people.set(token, { login, permission: permission === "READ" ? "READ" : "WRITE" });
  return browser;
}

async function submit(
  browser: Browser,
  query = "",
): Promise<{ status: number; body: Submission & { code?: string } }> {
  const response = await browser.fetch(`/api/v1/repos/widget/stacks/api/submit${query}`, { method: "POST" });
  return { status: response.status, body: await response.json() };
}

test("pull requests are the person's who submits, who pushes in the own name too", async () => {
  await using world = await submitWorld(threeStacked);
  await using server = await submitTeam(world);
  const ada = await signedIn(server, world, "ada", "WRITE");
  await world.upstream.scene.commit("api", { message: "One more" });
  await ada.fetch("/api/v1/repos/widget/sync", { method: "POST" });
  const plan: SubmitPlan = (await submit(ada, "?dryRun=1")).body as unknown as SubmitPlan;
  expect(plan.as).toEqual({ kind: "person", name: "ada" });
  const before = world.upstream.host.credentials.length;
  const { status, body } = await submit(ada);
  expect([status, body.outcome, body.requestedBy]).toEqual([200, "submitted", "ada"]);
  expect(world.widget.pullRequests.map(({ author }) => author)).toEqual(["ada", "ada", "ada"]);
  const [[token, { id }] = ["", { id: 0 }]] = [...server.github.tokens];
  expect(await world.upstream.scene.git("log", "-1", "--format=%an|%cn <%ce>", "ui")).toBe(
    `Robin Tester|ada <${id}+ada@users.noreply.127.0.0.1>`,
  );
  const told = world.upstream.host.credentials
    .slice(before)
    .filter((one) => one !== "")
    .map((one) => Buffer.from(one.replace("Basic ", ""), "base64").toString());
  expect(new Set(told)).toEqual(new Set([`x-access-token:${token}`]));

  const root = await signedIn(server, world, "root", "READ");
  const audit: AuditList = await (await root.fetch("/api/v1/audit?what=submit")).json();
  expect(audit.entries).toMatchObject([
    { action: "submit", actor: { name: "ada" }, target: "widget", detail: "api" },
  ]);
});

test("who may only read, and who is nobody, submits nothing", async () => {
  await using world = await submitWorld(threeStacked);
  await using server = await submitTeam(world);
  const robin = await signedIn(server, world, "robin", "READ");
  const refused = await submit(robin);
  expect([refused.status, refused.body.code]).toEqual([403, "access/not-allowed"]);
  const nobody = await submit(server.browser());
  expect([nobody.status, nobody.body.code]).toEqual([401, "access/sign-in-required"]);
  expect(world.widget.pullRequests).toEqual([]);
});
