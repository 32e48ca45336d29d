import type { Browser, BrowserContext, BrowserContextOptions, Page } from "playwright-core";
import { afterAll, beforeAll, expect } from "vitest";
import { basicAuthorization } from "../../src/lib/basic-authorization.ts";
import { browserTest, canBrowse, launchBrowser } from "../support/browser.ts";
import { forgeWorld, TOKEN } from "../support/forge-world.ts";
import { createScene, type Scene } from "../support/git-scene.ts";
import { type TeamServer, teamServer } from "../support/team-server.ts";
import { accessibilityFindings } from "./axe-check.ts";

const WITHIN = { timeout: 15_000 };
/** It is text, whatever it looks like. */
const CONTACT = "Ask Ada in #stacks <b>now</b>";
const SECRET_BRANCH = "mira/unannounced";

let browser: Browser;
beforeAll(async () => {
  if (canBrowse) browser = await launchBrowser();
});
afterAll(async () => {
  await browser?.close();
});

interface TeamShop extends AsyncDisposable {
  readonly team: TeamServer;
  readonly scene: Scene;
}

/** A repository that is shown to everybody who signed in. */
async function teamShop(): Promise<TeamShop> {
  const scene = await createScene((s) => {
    s.commit("main");
    s.stacked("api", "main");
    s.stacked(SECRET_BRANCH, "api");
  });
  const team = await teamServer(
    () => [{ kind: "working-copy", id: "shop", path: scene.path, visibility: "team" }],
    { contact: CONTACT },
  );
  return {
    team,
    scene,
    async [Symbol.asyncDispose]() {
      await team[Symbol.asyncDispose]();
      await scene[Symbol.asyncDispose]();
    },
  };
}

interface OpenBrowser extends AsyncDisposable {
  readonly context: BrowserContext;
  /** What the console and the content security policy complained about, refusals for want of a sign-in apart. */
  readonly complaints: string[];
  open(path: string): Promise<Page>;
}

async function openBrowser(url: string, options: BrowserContextOptions = {}): Promise<OpenBrowser> {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, ...options });
  const complaints: string[] = [];
  context.on("console", (message) => {
    const isRefusal = message.text().includes("status of 401");
    if (!isRefusal && (message.type() === "error" || message.type() === "warning"))
      complaints.push(message.text());
  });
  context.on("weberror", (error) => complaints.push(error.error().message));
  return {
    context,
    complaints,
    async open(path) {
      const page = await context.newPage();
      await page.goto(`${url}${path}`);
      return page;
    },
    [Symbol.asyncDispose]: () => context.close(),
  };
}

/** By a redirect, with the cookies of that browser. */
async function ledTo({ context }: OpenBrowser, url: string): Promise<string> {
  const answer = await context.request.get(url, { maxRedirects: 0 });
  return answer.headers().location ?? "";
}

const heading = (page: Page) => page.getByRole("heading", { name: /^Sign in to / });
const way = (page: Page, name = "Continue with GitHub") => page.getByRole("link", { name });
const account = (page: Page) => page.getByRole("button", { name: /^Account, / });
const row = (page: Page, branch: string) =>
  page.getByRole("link", { name: new RegExp(`\\b${branch}, \\d of`) });

async function signIn({ team }: TeamShop, page: Page, login = "ada"): Promise<void> {
  team.github.signedIn = team.github.person(login);
  await way(page).click();
  await account(page).waitFor(WITHIN);
}

/** Whatever a page could still show, to eyes and to a screen reader. */
const everything = (page: Page) => page.evaluate(() => document.title + document.body.textContent);

browserTest("S10-01: a deep link stands at the sign-in and is where it leads", async () => {
  await using shop = await teamShop();
  const { team } = shop;
  await using visitor = await openBrowser(team.url);
  const place = "/r/local/shop/-/branch/api?tab=commits&ws=1";
  const page = await visitor.open(place);
  await heading(page).getByText(new URL(team.url).host).waitFor(WITHIN);
  expect(page.url()).toBe(`${team.url}${place}`);
  expect(await everything(page)).not.toContain(SECRET_BRANCH);
  expect(await page.getByRole("alert").count()).toBe(0);

  await signIn(shop, page);
  expect(page.url()).toBe(`${team.url}${place}`);
  await page.getByRole("tab", { name: /Commits/, selected: true }).waitFor(WITHIN);
  expect(await page.getByRole("button", { name: "Account, ada" }).count()).toBe(1);
  expect(visitor.complaints).toEqual([]);
});

browserTest("the frame of the page stands until it is known whether somebody is signed in", async () => {
  await using shop = await teamShop();
  await using visitor = await openBrowser(shop.team.url);
  let answer = () => {};
  const asked = new Promise<void>((resolve) => {
    answer = resolve;
  });
  await visitor.context.route(/\/api\/v1\/(?:repos|events)/, async (route) => {
    await asked;
    await route.continue();
  });
  const page = await visitor.open("/r/local/shop");
  await page.getByRole("button", { name: "Keyboard help" }).waitFor(WITHIN);
  expect(await heading(page).count()).toBe(0);
  answer();
  await heading(page).waitFor(WITHIN);
});

browserTest(
  "S10-02: whoever is not on the list is told so by name and whom to ask, is shown nothing, and can use another account",
  async () => {
    await using shop = await teamShop();
    const { github, url } = shop.team;
    await using visitor = await openBrowser(url);
    const page = await visitor.open("/r/local/shop?group=stack");
    github.signedIn = github.person("mira");
    await way(page).click();
    await page.getByRole("alert").getByText("mira is not on the list of this server.").waitFor(WITHIN);
    await page.getByRole("alert").getByText(CONTACT, { exact: true }).waitFor(WITHIN);
    expect(await everything(page)).not.toContain(SECRET_BRANCH);
    for (const path of ["/api/v1/repos", "/api/v1/repos/shop/view", "/api/v1/events"]) {
      expect((await visitor.context.request.get(`${url}${path}`)).status()).toBe(401);
    }
    const other = new URL((await way(page, "Use another account").getAttribute("href")) ?? "", url);
    expect(new URL(await ledTo(visitor, other.href)).searchParams.get("prompt")).toBe("select_account");

    github.signedIn = github.person("ada");
    await way(page, "Use another account").click();
    await account(page).waitFor(WITHIN);
    expect(page.url()).toBe(`${url}/r/local/shop?group=stack`);
    expect(visitor.complaints).toEqual([]);
  },
);

browserTest("a sign-in that leads nowhere says why, and keeps where it was to lead", async () => {
  await using shop = await teamShop();
  const { github, url } = shop.team;
  await using visitor = await openBrowser(url);
  const page = await visitor.open("/r/local/shop?group=stack");
  github.signedIn = undefined;
  await way(page).click();
  await page.getByRole("alert").getByText("The sign-in was cancelled.").waitFor(WITHIN);

  github.signedIn = github.person("ada");
  github.front = (request, response) => {
    if (!request.url?.includes("access_token")) return false;
    response.writeHead(502).end();
    return true;
  };
  await way(page).click();
  await page.getByRole("alert").getByText("GitHub did not answer.").waitFor(WITHIN);
  github.front = undefined;
  await way(page, "Try again").click();
  await account(page).waitFor(WITHIN);
  expect(page.url()).toBe(`${url}/r/local/shop?group=stack`);

  await using other = await openBrowser(url);
  const stale = await other.open("/auth/callback?code=x&state=y");
  await stale.getByRole("alert").getByText("That sign-in is no longer valid.").waitFor(WITHIN);
  await way(stale, "Start again").waitFor(WITHIN);
});

browserTest("S10-03: who is signed in goes on from the sign-in, and never to another site", async () => {
  await using shop = await teamShop();
  const { url } = shop.team;
  await using visitor = await openBrowser(url);
  const page = await visitor.open(
    "/sign-in?refused=not-allowed&login=Call+555+now&return=%2Fr%2Flocal%2Fshop",
  );
  await page.getByRole("alert").getByText("This account is not on the list of this server.").waitFor(WITHIN);
  await visitor.open("/").then((first) => signIn(shop, first));
  // The page that waited at the sign-in goes on by itself as soon as the other tab is signed in.
  await page.waitForURL(`${url}/r/local/shop`, WITHIN);

  for (const [asked, led] of [
    ["/r/local/shop?group=stack", "/r/local/shop?group=stack"],
    ["https://evil.example/", "/r/local/shop"],
    ["//evil.example/", "/r/local/shop"],
  ]) {
    await page.goto(`${url}/sign-in?return=${encodeURIComponent(asked ?? "")}`);
    await page.waitForURL(`${url}${led}`, WITHIN);
    await row(page, "api").waitFor(WITHIN);
  }
});

browserTest(
  "S10-07: signed out everywhere in one tab, nothing is left on the screen of another",
  async () => {
    await using shop = await teamShop();
    await using visitor = await openBrowser(shop.team.url);
    const page = await visitor.open("/r/local/shop/-/branch/api");
    await signIn(shop, page);
    const other = await visitor.open("/r/local/shop");
    await row(other, SECRET_BRANCH).waitFor(WITHIN);

    await account(page).click();
    await page.getByRole("button", { name: "Sign out everywhere" }).click();
    await page.getByRole("alert").getByText("You are signed out everywhere.").waitFor(WITHIN);
    await other.getByRole("alert").getByText("Your session ended").waitFor(WITHIN);
    await expect.poll(() => shop.team.github.tokens.size).toBe(0);
    for (const one of [page, other]) expect(await everything(one)).not.toMatch(/unannounced|Change api/);
    expect(page.url()).toBe(`${shop.team.url}/r/local/shop/-/branch/api`);

    await way(page).click();
    await account(page).waitFor(WITHIN);
    await row(other, SECRET_BRANCH).waitFor(WITHIN);
    expect(visitor.complaints).toEqual([]);
  },
);

browserTest(
  "S10-07: a session that is ended elsewhere while its page is open takes the page with it",
  async () => {
    await using shop = await teamShop();
    await using visitor = await openBrowser(shop.team.url);
    const page = await visitor.open("/r/local/shop");
    await signIn(shop, page);
    await row(page, SECRET_BRANCH).waitFor(WITHIN);
    await using second = await openBrowser(shop.team.url);
    const elsewhere = await second.open("/r/local/shop");
    await way(elsewhere).click();
    await account(elsewhere).click();
    await elsewhere.getByRole("button", { name: "Sessions…" }).click();
    const entries = elsewhere.getByRole("list", { name: "Sessions" }).getByRole("listitem");
    await entries
      .filter({ hasText: "This browser" })
      .getByText(/Chrome on /)
      .waitFor(WITHIN);
    expect(await entries.count()).toBe(2);

    await elsewhere.getByRole("button", { name: /^Sign out of Chrome/ }).click();
    await entries.nth(1).waitFor({ state: "detached", ...WITHIN });
    await page.getByRole("alert").getByText("Your session ended.").waitFor(WITHIN);
    expect(await everything(page)).not.toContain("unannounced");
    expect(page.url()).toBe(`${shop.team.url}/r/local/shop`);
    await way(page, "Sign in again").click();
    await row(page, SECRET_BRANCH).waitFor(WITHIN);
    expect(visitor.complaints).toEqual([]);
  },
);

browserTest("a request that is refused for want of a sign-in is enough, without the stream", async () => {
  await using shop = await teamShop();
  await using visitor = await openBrowser(shop.team.url);
  const page = await visitor.open("/r/local/shop");
  await signIn(shop, page);
  await row(page, SECRET_BRANCH).waitFor(WITHIN);
  await visitor.context.clearCookies();
  await page.getByRole("button", { name: /^Sync now/ }).click();
  await page.getByRole("alert").getByText("Your session ended.").waitFor(WITHIN);
});

browserTest(
  "a callback of another browser, or one that was used, signs nobody in and leads to a new start",
  async () => {
    await using shop = await teamShop();
    const { github, url } = shop.team;
    await using victim = await openBrowser(url);
    await using attacker = await openBrowser(url);
    github.signedIn = github.person("robin");
    const theirs = await attacker.open("/");
    // As far as GitHub sends the browser back.
    const stolen = await ledTo(attacker, await ledTo(attacker, `${url}/auth/login`));
    const kept = await attacker.context.cookies();

    const page = await victim.open("/r/local/shop");
    await way(page).waitFor(WITHIN);
    // Also while a sign-in of their own is under way there.
    await ledTo(victim, `${url}/auth/login`);
    await page.goto(stolen);
    await page.getByRole("alert").getByText("That sign-in is no longer valid.").waitFor(WITHIN);
    expect(await everything(page)).not.toContain(SECRET_BRANCH);

    await theirs.goto(stolen);
    await account(theirs).waitFor(WITHIN);
    await attacker.context.clearCookies();
    await attacker.context.addCookies(kept);
    await theirs.goto(stolen);
    await theirs.getByRole("alert").getByText("That sign-in is no longer valid.").waitFor(WITHIN);
    await way(theirs, "Start again").click();
    await account(theirs).waitFor(WITHIN);
  },
);

browserTest("a reader has no Sync and is told so; a member has it", async () => {
  await using scene = await createScene((s) => {
    s.commit("main");
    s.stacked("api", "main");
  });
  await using team = await teamServer((github) => [
    {
      kind: "mirror",
      id: "shop",
      url: new URL(`${github.url.origin}/acme/shop.git`),
      owner: "acme",
      name: "shop",
    },
    { kind: "working-copy", id: "ours", path: scene.path, visibility: "team" },
  ]);
  const { github, url } = team;
  await using visitor = await openBrowser(url);
  const page = await visitor.open("/r/acme/shop");
  github.signedIn = github.person("ada", { "acme/shop": "READ" });
  await way(page).click();
  await page.getByText("You may look at this repository, not have it synced.").waitFor(WITHIN);
  expect(await page.getByRole("button", { name: /sync/i }).count()).toBe(0);
  await page.goto(`${url}/r/local/ours`);
  await page.getByRole("button", { name: /^Sync now/ }).waitFor(WITHIN);

  await using writer = await openBrowser(url);
  const theirs = await writer.open("/r/acme/shop");
  github.signedIn = github.person("robin", { "acme/shop": "WRITE" });
  await way(theirs).click();
  await theirs.getByRole("button", { name: /^Sync now/ }).waitFor(WITHIN);
});

browserTest("S3-01: who signed in has the lane of what their own pull requests are on", async () => {
  await using world = await forgeWorld((writer) => {
    writer.commit("main");
    writer.stacked("api", "main");
    writer.stacked("docs", "main");
  });
  for (const [head, author] of [
    ["api", "ada"],
    ["docs", "robin"],
  ] as const)
    world.github.openPullRequest("octo/widget", { head, headOid: await world.tip(head), author });
  await using team = await teamServer(
    () => [
      {
        kind: "mirror",
        id: "widget",
        url: new URL(`${world.upstream.host.url}/octo/widget.git`),
        owner: "octo",
        name: "widget",
        authorization: basicAuthorization(TOKEN),
        visibility: "team",
      },
    ],
    { github: { url: new URL(world.upstream.host.url), apiUrl: world.github.apiUrl } },
  );
  for (const [login, mine, other] of [
    ["ada", "api", "docs"],
    ["robin", "docs", "api"],
  ] as const) {
    await using visitor = await openBrowser(team.url);
    const page = await visitor.open("/r/octo/widget");
    team.github.signedIn = team.github.person(login);
    await way(page).click();
    const you = page.getByRole("region", { name: "You" });
    await you.getByRole("link", { name: new RegExp(`\\b${mine}, 1 of 1, PR`) }).waitFor(WITHIN);
    expect(await you.getByRole("listitem").count()).toBe(1);
    await row(page, other).waitFor(WITHIN);
    expect(visitor.complaints).toEqual([]);
  }
});

browserTest(
  "X-01: axe finds nothing in signing in and in the account, light and dark, wide and narrow",
  async () => {
    await using shop = await teamShop();
    const { github, url } = shop.team;
    github.signedIn = github.person("root");
    const found: string[] = [];
    for (const colorScheme of ["light", "dark"] as const) {
      for (const width of [1440, 390]) {
        await using visitor = await openBrowser(url, { colorScheme, viewport: { width, height: 800 } });
        const page = await visitor.open("/sign-in");
        const look = async (what: string): Promise<void> => {
          for (const finding of await accessibilityFindings(page))
            found.push(`${what} ${colorScheme} ${width}: ${finding}`);
        };
        for (const refused of ["", "not-allowed", "cancelled", "expired", "forge"]) {
          await page.goto(`${url}/sign-in?refused=${refused}&login=mira`);
          await heading(page).waitFor(WITHIN);
          await look(refused);
        }
        await page.getByRole("link", { name: "Try again" }).click();
        await account(page).click();
        await page.getByText("Operator", { exact: true }).waitFor(WITHIN);
        await look("menu");
        await page.getByRole("button", { name: "Sessions…" }).click();
        await page.getByText("This browser").waitFor(WITHIN);
        await look("sessions");
        await page.keyboard.press("Escape");
        await account(page).click();
        await page.getByRole("button", { name: "Sign out", exact: true }).click();
        await page.getByRole("alert").getByText("You are signed out.").waitFor(WITHIN);
        await look("signed out");
      }
    }
    expect(found).toEqual([]);
  },
);
