import type { IncomingMessage, ServerResponse } from "node:http";
import type { Browser, Locator, Page } from "playwright-core";
import { afterAll, beforeAll, expect } from "vitest";
import { browserTest, canBrowse, launchBrowser } from "../support/browser.ts";
import { TOKEN } from "../support/forge-world.ts";
import type { SceneWriter } from "../support/scene-import.ts";
import { isStream, serverFront } from "../support/server-front.ts";
import { planOf, post, type SubmitWorld, submitWorld, wishing } from "../support/submit-world.ts";
import { findingsInEveryLook } from "./every-look.ts";

const WITHIN = { timeout: 15_000 };
const CREATE = "/repos/octo/widget/pulls";

let browser: Browser;
beforeAll(async () => {
  if (canBrowse) browser = await launchBrowser();
});
afterAll(async () => {
  await browser?.close();
});

/** `main`, and on it `api`, `view`, `ui` and `docs`, each on the one before. */
function checkout(s: SceneWriter): void {
  s.commit("main");
  s.stacked("api", "main", { message: "Add the API" });
  s.stacked("view", "api", { message: "Show it" });
  s.stacked("ui", "view", { message: "Make it nice" });
  s.stacked("docs", "ui", { message: "Checkout rewrite" });
}

async function open(url: string, stack = "api"): Promise<Page> {
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 }, reducedMotion: "reduce" });
  await page.goto(`${url}/r/octo/widget/-/stack/${stack}`);
  return page;
}

const submitButton = (page: Page) => page.getByRole("button", { name: "Submit stack", exact: true });
const dialogOf = (page: Page) => page.getByRole("dialog", { name: "Submit Checkout rewrite" });
const row = (dialog: Locator, branch: string) =>
  dialog.getByRole("row").filter({
    has: dialog.page().getByRole("rowheader", { name: new RegExp(`^${branch}( changed)?$`) }),
  });
const include = (dialog: Locator, branch: string) =>
  dialog.getByRole("checkbox", { name: `Submit ${branch}` });
const titleOf = (dialog: Locator, branch: string) =>
  dialog.getByRole("textbox", { name: `Title of ${branch}` });
const focused = (page: Page) => page.evaluate(() => document.activeElement?.getAttribute("aria-label"));
const focusedText = (page: Page) => page.evaluate(() => document.activeElement?.textContent);

/** Presses the button and waits for the plan. */
async function review(page: Page): Promise<Locator> {
  await submitButton(page).click(WITHIN);
  const dialog = dialogOf(page);
  await dialog.getByRole("button", { name: /^Submit \d/ }).waitFor(WITHIN);
  return dialog;
}

function refused(response: ServerResponse, message: string): true {
  const body = { message: "Validation Failed", errors: [{ message }] };
  response.writeHead(422, { "content-type": "application/json" }).end(JSON.stringify(body));
  return true;
}

/** Holds what is asked to make pull requests back, until it is let go. */
function holdCreations(world: SubmitWorld): { letGo(): void } {
  let letGo = () => {};
  const held = new Promise<void>((resolve) => {
    letGo = resolve;
  });
  const { git } = world.widget;
  if (!git) throw new Error("no Git host");
  world.widget.git = {
    ...git,
    async tip(branch) {
      await held;
      return git.tip(branch);
    },
  };
  return { letGo };
}

browserTest(
  "S5-01, S5-02, S5-05, X-01: the dialog lists what the plan does, keeps the focus and gives it back, and what is left out takes along what needs it",
  async () => {
    await using world = await submitWorld((s) => {
      checkout(s);
      s.commit("locked", { parent: "main", message: "Wait for it" });
      s.metadata("locked", { parentBranchName: "main", lockReason: "user" });
    });
    await using served = await world.serve();
    const { branches } = await planOf(served, "api");
    const page = await open(served.url);
    const dialog = await review(page);
    const rows = dialog.getByRole("rowgroup").last().getByRole("row");
    expect(branches.map(({ action }) => action)).toEqual(["create", "create", "create", "create"]);
    expect(await rows.getByRole("rowheader").allInnerTexts()).toEqual(branches.map(({ name }) => name));
    for (const { name, base, title } of branches) {
      await row(dialog, name).getByRole("cell", { name: "Create PR" }).waitFor();
      await row(dialog, name).getByRole("cell", { name: base, exact: true }).waitFor();
      expect(await titleOf(dialog, name).inputValue()).toBe(title);
    }
    await dialog.getByRole("status").getByText("4 new PRs", { exact: true }).waitFor();

    await expect.poll(() => focused(page), WITHIN).toBe("Title of api");
    for (let presses = 0; presses < 20; presses++) {
      await page.keyboard.press("Tab");
      const isInside = await page.evaluate(
        () => document.activeElement === document.body || document.activeElement?.closest("dialog") !== null,
      );
      expect(isInside).toBe(true);
    }
    await page.keyboard.press("Escape");
    await dialog.waitFor({ ...WITHIN, state: "detached" });
    await expect
      .poll(() => page.evaluate(() => document.activeElement?.textContent))
      .toMatch(/^Submit stack/);

    await page.keyboard.press("c");
    await include(dialog, "view").waitFor(WITHIN);
    // A browser tells of the closing in a task of its own; what is pressed before that counts.
    await page.evaluate(async () => {
      document.querySelector("dialog")?.requestClose();
      for (let turn = 0; turn < 10; turn++) await undefined;
      document.activeElement?.dispatchEvent(new KeyboardEvent("keydown", { key: "c", bubbles: true }));
    });
    await include(dialog, "view").uncheck(WITHIN);
    for (const name of ["view", "ui", "docs"]) expect(await include(dialog, name).isChecked()).toBe(false);
    for (const name of ["ui", "docs"]) await row(dialog, name).getByText("left out: needs view").waitFor();
    await dialog.getByRole("button", { name: "Submit 1 branch", exact: true }).waitFor();
    expect(await findingsInEveryLook(page)).toEqual([]);

    await page.keyboard.press("Escape");
    await dialog.getByText("Close, and lose what you changed?").waitFor();
    await dialog.getByRole("button", { name: "Keep editing" }).click();
    await include(dialog, "docs").check();
    expect(await include(dialog, "view").isChecked()).toBe(true);
    await dialog.getByRole("button", { name: "Submit 4 branches" }).waitFor();
    await dialog.getByRole("button", { name: "Close", exact: true }).click();
    await dialog.waitFor({ ...WITHIN, state: "detached" });

    await page.goto(`${served.url}/r/octo/widget/-/stack/locked`);
    await submitButton(page).waitFor(WITHIN);
    await page.keyboard.press("c");
    const barred = page.getByRole("dialog", { name: "Submit Wait for it" });
    await barred.getByText("Cannot: locked").waitFor(WITHIN);
    await barred.getByRole("button", { name: "Copy the command" }).waitFor();
    await barred.getByText("Nothing can be submitted now").waitFor();
    await page.keyboard.press("Escape");
    await barred.waitFor({ ...WITHIN, state: "detached" });
    await expect.poll(() => focusedText(page)).toMatch(/^Submit stack/);
    await page.close();
  },
);

browserTest(
  "S5-03: a branch that fails leaves the dialog open, the others have their links, and only that one is done again",
  async () => {
    await using world = await submitWorld(checkout);
    await using served = await world.serve();
    let refusing = true;
    let creations = 0;
    world.github.front = ({ method, url }, response) => {
      if (method !== "POST" || url !== CREATE) return false;
      creations += 1;
      return refusing && creations === 3 && refused(response, "No commits between view and ui");
    };
    const page = await open(served.url);
    const dialog = await review(page);
    await titleOf(dialog, "ui").fill("Make it nicer");
    await dialog.getByRole("checkbox", { name: "Draft: ui" }).check();
    await dialog.getByRole("button", { name: "Submit 4 branches" }).click();

    await row(dialog, "api").getByRole("link", { name: "#1", exact: true }).waitFor(WITHIN);
    await row(dialog, "view").getByRole("link", { name: "#2", exact: true }).waitFor(WITHIN);
    await row(dialog, "ui")
      .getByText(/No commits between view and ui/)
      .waitFor(WITHIN);
    await dialog.getByText("3 of 4 branches submitted, 1 failed").waitFor(WITHIN);
    expect(await findingsInEveryLook(page)).toEqual([]);
    expect(creations).toBe(4);

    refusing = false;
    await dialog.getByRole("button", { name: "Retry 1 failed" }).click();
    await dialog.getByText("4 branches submitted", { exact: true }).waitFor(WITHIN);
    await row(dialog, "ui").getByRole("link", { name: "#4", exact: true }).waitFor();
    await row(dialog, "api").getByText("Created").waitFor();
    expect(creations).toBe(5);
    expect(world.widget.pullRequests.map(({ head, base }) => `${head} into ${base}`)).toEqual([
      "api into main",
      "view into api",
      "docs into ui",
      "ui into view",
    ]);
    expect(world.widget.pullRequests[3]).toMatchObject({ title: "Make it nicer", isDraft: true });
    await dialog.getByRole("button", { name: "Done" }).click();
    await dialog.waitFor({ ...WITHIN, state: "detached" });

    await submitButton(page).click();
    await page.getByRole("dialog").getByText("Nothing to do: the remote has all of it").waitFor(WITHIN);
    await page.close();
  },
);

browserTest(
  "S5-04: what moves between the plan and the submit is told, and keeps the button until the plan is looked at again",
  async () => {
    await using world = await submitWorld(checkout);
    const { scene } = world.upstream;
    await using served = await world.serve();
    const page = await open(served.url);
    const dialog = await review(page);
    const submit = dialog.getByRole("button", { name: "Submit 4 branches" });
    const isDisabled = () => submit.getAttribute("aria-disabled");
    await titleOf(dialog, "api").fill("My own words");

    await scene.commit("ui", { message: "One more" });
    await served.sync({}, {}, "widget");
    await dialog.getByRole("alert").getByText("Plan changed, review again.").waitFor(WITHIN);
    expect(await isDisabled()).toBe("true");
    await dialog.getByRole("button", { name: "Review again" }).click();
    await row(dialog, "ui").getByText("changed", { exact: true }).waitFor(WITHIN);
    await expect.poll(isDisabled, WITHIN).toBe(null);
    expect(await titleOf(dialog, "api").inputValue()).toBe("My own words");

    // Of this one the page hears only from the server's refusal.
    await scene.commit("view", { message: "One more" });
    await submit.click();
    await dialog.getByRole("alert").getByText("Plan changed, review again.").waitFor(WITHIN);
    expect(world.widget.pullRequests).toEqual([]);
    await dialog.getByRole("button", { name: "Review again" }).click();
    await expect.poll(isDisabled, WITHIN).toBe(null);

    // Then somebody else is quicker.
    const { letGo } = holdCreations(world);
    await post(served, "api", {}, { headers: { prefer: "respond-async" } });
    await dialog.getByText("Somebody is submitting this stack.").waitFor(WITHIN);
    expect(await isDisabled()).toBe("true");
    await dialog.getByRole("button", { name: "Watch it" }).click();
    await dialog.getByText("Somebody was first.").waitFor();
    letGo();
    await dialog.getByText("4 branches submitted", { exact: true }).waitFor(WITHIN);
    await page.close();
  },
);

browserTest(
  "a submit that goes on while the connection is lost shows how it ended when it is back, also to whoever closed the dialog",
  async () => {
    await using world = await submitWorld(checkout);
    await using served = await world.serve();
    await using front = await serverFront(served.url);
    const page = await open(front.url);
    const dialog = await review(page);
    const { letGo } = holdCreations(world);
    await dialog.getByRole("button", { name: "Submit 4 branches" }).click();
    await row(dialog, "api").getByText("Working…").waitFor(WITHIN);
    await dialog.getByRole("button", { name: "Close", exact: true }).click();
    await page.getByRole("button", { name: "Submitting…" }).click();
    await row(dialog, "api").getByText("Working…").waitFor(WITHIN);

    front.instead = (request: IncomingMessage, response: ServerResponse) => {
      if (isStream(request)) response.destroy();
      return isStream(request);
    };
    front.endStreams("break");
    await using events = await served.events("/repos/widget/events");
    letGo();
    for (let isOver = false; !isOver; ) {
      const { name, data } = (await events.next()) ?? {};
      isOver = name === "submit" && JSON.stringify(data).includes('"state":"finished"');
    }
    front.instead = undefined;
    await dialog.getByText("4 branches submitted", { exact: true }).waitFor(WITHIN);
    await dialog.getByRole("button", { name: "Done" }).click();
    await submitButton(page).waitFor(WITHIN);
    await page.close();
  },
);

browserTest(
  "what the configuration wishes for is told before, what GitHub refuses of it after, and drafts are made ready when they are asked to be",
  async () => {
    await using world = await submitWorld(checkout);
    const wishes = { draft: true, labels: ["stacked"], reviewers: ["theo"] };
    await using served = await world.serve(wishing(world, wishes));
    const page = await open(served.url);
    const dialog = await review(page);
    await dialog.getByText("Labels: stacked. Reviewers: theo.").waitFor(WITHIN);
    await dialog.getByRole("button", { name: "Submit 4 branches" }).click();
    await dialog.getByText("4 branches submitted", { exact: true }).waitFor(WITHIN);
    await dialog.getByRole("button", { name: "Done" }).click();

    world.github.front = ({ url }, response) =>
      url?.endsWith("/requested_reviewers") === true && refused(response, "theo is no collaborator");
    await submitButton(page).click(WITHIN);
    await dialog.getByText("Nothing to do: the remote has all of it").waitFor(WITHIN);
    await dialog.getByRole("checkbox", { name: "Mark drafts as ready for review" }).check();
    await dialog.getByRole("button", { name: "Submit 4 branches" }).click(WITHIN);
    await dialog.getByText("4 branches submitted", { exact: true }).waitFor(WITHIN);
    await row(dialog, "api")
      .getByText(/^Nobody was asked to review it: .*theo is no collaborator/)
      .waitFor(WITHIN);
    expect(world.widget.pullRequests.map(({ isDraft }) => isDraft)).toEqual([false, false, false, false]);
    expect(await findingsInEveryLook(page)).toEqual([]);
    await page.close();
  },
);

browserTest(
  "S5-06: a read-only server has no such button and refuses, which the page would tell, as it tells of missing rights and of limits",
  async () => {
    await using world = await submitWorld(checkout);
    await using served = await world.serve();
    await using strict = await world.serve({ readOnly: true });
    const shown = await open(strict.url);
    await shown.getByRole("region", { name: /^Stack / }).waitFor(WITHIN);
    await shown
      .getByRole("note")
      .getByText(/read-only/)
      .waitFor(WITHIN);
    expect(await shown.getByRole("button", { name: /submit/i }).count()).toBe(0);
    await shown.close();
    const { status, body } = await post(strict, "api");
    expect(status).toBe(405);

    await using front = await serverFront(served.url);
    front.instead = ({ method }, response) => {
      if (method === "POST") response.writeHead(405, { "content-type": "application/problem+json" });
      if (method === "POST") response.end(JSON.stringify(body));
      return method === "POST";
    };
    const page = await open(front.url);
    await submitButton(page).click(WITHIN);
    const dialog = dialogOf(page);
    await dialog.getByText("The plan could not be shown. This server is read-only.").waitFor(WITHIN);

    front.instead = undefined;
    world.github.people.set(TOKEN, { login: "mira", permission: "READ" });
    await dialog.locator(".submit-footer").getByRole("button", { name: "Close" }).click();
    await submitButton(page).click();
    await dialog.getByText(/The account may not write to this repository/).waitFor(WITHIN);

    world.github.people.delete(TOKEN);
    world.github.mishaps.push("secondary-limit");
    await dialog.getByRole("button", { name: "Try again" }).click();
    await dialog.getByRole("button", { name: "Submit 4 branches" }).click(WITHIN);
    await dialog.getByText(/You may try again in /).waitFor(WITHIN);
    const retry = dialog.getByRole("button", { name: "Retry 4 failed" });
    expect(await retry.getAttribute("aria-disabled")).toBe("true");
    await page.close();
  },
);
