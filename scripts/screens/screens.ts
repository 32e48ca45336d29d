import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Page } from "playwright-core";
import type { View } from "../../packages/stackit/src/contract/view.ts";
import { askForCredentials } from "../../packages/stackit/test/support/git-host-behaviours.ts";
import { createScene } from "../../packages/stackit/test/support/git-scene.ts";
import { upstreamOf } from "../../packages/stackit/test/support/mirror-world.ts";
import { type ServedFolders, serveFolders } from "../../packages/stackit/test/support/served-folders.ts";
import { teamServer } from "../../packages/stackit/test/support/team-server.ts";
import { shopApi } from "../demo/shop-api.ts";
import { shopWeb } from "../demo/shop-web.ts";
import { stockSync } from "../demo/stock-sync.ts";

export interface Screen {
  /** The name of its pictures. */
  readonly name: string;
  readonly path: string;
  /** What has to be there before the picture is taken. */
  readonly until: (page: Page) => Promise<unknown>;
}

/** A server with what it takes to see some of the screens. */
export interface Stage extends AsyncDisposable {
  readonly url: string;
  readonly screens: readonly Screen[];
}

const seen = (page: Page, text: string | RegExp) => page.getByText(text).first().waitFor();

/** A developer's own clones: the made-up repositories of the demo. */
export async function localStage(): Promise<Stage> {
  const folder = await mkdtemp(join(tmpdir(), "stackit-screens-"));
  const nowSeconds = Math.floor(Date.now() / 1000);
  const repos = [];
  for (const [name, build] of [
    ["shop-web", shopWeb],
    ["shop-api", shopApi],
    ["stock-sync", stockSync],
  ] as const) {
    const scene = await createScene(undefined, { folder, name });
    await build(scene, nowSeconds);
    repos.push({ kind: "working-copy" as const, id: name, path: scene.path, owner: "alderandfinch", name });
  }
  const served = await serveFolders(repos);
  while (!(await isAllKnown(served))) await sleep(50);
  const shop = "/r/alderandfinch/shop-web";
  const layer = "gift-cards/checkout-form";
  return {
    url: served.url,
    screens: [
      { name: "repository", path: shop, until: (page) => seen(page, "Gift cards at checkout") },
      {
        name: "nothing-found",
        path: `${shop}?q=nothing-like-it`,
        until: (page) => seen(page, /No branch matches/),
      },
      {
        name: "branch-diff",
        path: `${shop}/-/branch/${layer}`,
        // Its colours come after its lines.
        until: (page) => page.getByRole("region", { name: "Diff" }).locator(".text span").first().waitFor(),
      },
      {
        name: "branch-commits",
        path: `${shop}/-/branch/${layer}?tab=commits`,
        until: (page) =>
          page
            .getByRole("region", { name: /^Commits, newest first/ })
            .getByRole("listitem")
            .first()
            .waitFor(),
      },
      { name: "not-here", path: "/r/alderandfinch/gone", until: (page) => seen(page, /no such repository/) },
      {
        name: "palette",
        path: shop,
        until: async (page) => {
          await seen(page, "Gift cards at checkout");
          await page.keyboard.press("Control+k");
          await page.getByRole("dialog", { name: "Command palette" }).waitFor();
          await page.keyboard.type("checkout");
          await page.getByRole("option").first().waitFor();
        },
      },
      {
        name: "keys",
        path: shop,
        until: async (page) => {
          await seen(page, "Gift cards at checkout");
          await page.keyboard.press("?");
          await page.getByRole("dialog", { name: "Keyboard" }).waitFor();
        },
      },
    ],
    async [Symbol.asyncDispose]() {
      await served[Symbol.asyncDispose]();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** What has landed, and what restacks would do, is found out behind the first reading. */
async function isAllKnown(served: ServedFolders): Promise<boolean> {
  const { stacks } = await served.get<View>("/repos/shop-web/view");
  const branches = stacks.flatMap((stack) => stack.branches);
  const isOpen = branches.some(({ restack }) => restack.state === "parent-moved" && !restack.preview);
  return !isOpen && branches.some(({ landed }) => landed);
}

/** Mirrors of which one cannot be reached any more. */
export async function mirrorStage(): Promise<Stage> {
  const names = ["web", "payments", "infra", "design-tokens"];
  const upstreams = await Promise.all(
    names.map((name) =>
      upstreamOf((writer) => {
        writer.commit("main");
        writer.stacked(`${name}/api`, "main");
        writer.stacked(`${name}/ui`, `${name}/api`);
      }),
    ),
  );
  const served = await serveFolders(
    upstreams.map(({ url }, index) => {
      const name = names[index] ?? "";
      return { kind: "mirror", id: name, url, owner: "acme", name };
    }),
  );
  for (const [index, name] of ["web", "payments", "payments", "design-tokens"].entries()) {
    await upstreams[names.indexOf(name)]?.scene.commit(index === 2 ? "payments/ui" : `${name}/api`);
    await sync(served, name);
  }
  const infra = upstreams[names.indexOf("infra")];
  if (infra) infra.host.front = askForCredentials();
  for (let attempt = 0; attempt < 3; attempt++) await sync(served, "infra");
  return {
    url: served.url,
    screens: [
      { name: "repositories", path: "/", until: (page) => seen(page, /Failing; last good sync/) },
      {
        name: "repositories-none",
        path: "/?q=nothing-like-it",
        until: (page) => seen(page, /No repository matches/),
      },
      { name: "repository-failing", path: "/r/acme/infra", until: (page) => seen(page, "infra/api") },
      {
        name: "sync-history",
        path: "/r/acme/infra?sync=all",
        until: (page) => page.locator(".history-scroller").getByRole("listitem").first().waitFor(),
      },
      {
        name: "activity",
        path: "/activity",
        until: (page) => page.getByRole("feed", { name: "Activity" }).getByRole("article").first().waitFor(),
      },
    ],
    async [Symbol.asyncDispose]() {
      await served[Symbol.asyncDispose]();
      for (const upstream of upstreams) await upstream[Symbol.asyncDispose]();
    },
  };
}

async function sync(served: ServedFolders, repo: string): Promise<void> {
  await (await served.sync({}, {}, repo)).body?.cancel();
}

/** What somebody sees who has not signed in. */
export async function teamStage(): Promise<Stage> {
  const team = await teamServer(() => []);
  return {
    url: team.url,
    screens: [
      {
        name: "sign-in",
        path: "/sign-in?return=%2Fr%2Facme%2Fweb",
        until: (page) => page.getByRole("link", { name: /GitHub/ }).waitFor(),
      },
      {
        name: "sign-in-refused",
        path: "/sign-in?refused=not-allowed&login=mallory",
        until: (page) => seen(page, /mallory/),
      },
    ],
    [Symbol.asyncDispose]: () => team[Symbol.asyncDispose](),
  };
}
