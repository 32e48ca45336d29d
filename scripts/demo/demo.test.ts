import { join } from "node:path";
import { expect, test } from "vitest";
import { runCommand } from "../../packages/stackit/test/support/cli.ts";
import { createScene } from "../../packages/stackit/test/support/git-scene.ts";
import { shopApi } from "./shop-api.ts";
import { shopWeb } from "./shop-web.ts";
import { stockSync } from "./stock-sync.ts";

const NOW_S = Date.UTC(2026, 10, 22, 12) / 1000;

/** The drawing without its reasons, which are worded elsewhere. */
async function drawing(folder: string): Promise<string> {
  const { stdout, stderr } = await runCommand(["log"], { cwd: folder });
  expect(stderr).toBe("");
  const words = stdout.replaceAll(/needs restack \([^)]*\)/g, "needs restack");
  return `\n${words.replaceAll(/landed \([^)]*\)/g, "landed")}`;
}

test("the storefront shows a line, a fork, a lock, a draft, a landed branch and one that no tool knows", async () => {
  await using scene = await createScene(undefined, { name: "shop-web" });
  await shopWeb(scene, NOW_S);
  expect(await scene.git("status", "--porcelain")).toBe("");
  expect(await drawing(scene.path)).toBe(`
Gift cards at checkout  pending · Maya Lindqvist · CHECKOUT
○  gift-cards/receipts  1 commit  +15 −0  not pushed
●  gift-cards/checkout-form  (current)  #414  draft  2 commits  +72 −5
○  gift-cards/api  #413  1 commit  +41 −0  needs restack
○  gift-cards/model  #412  2 commits  +39 −0  ↑1

Try view transitions between product pages  incomplete · Jonas Weber
○  spike/view-transitions  1 commit  +4 −0  not pushed

Address book  pending · Tomás Ferreira
○  addresses/autocomplete  #408  1 commit  +46 −0
│ ○  addresses/import-from-orders  #410  1 commit  +16 −0
├─╯
○  addresses/schema  #407  1 commit  +36 −1

Round half cents to even  shippable · Amara Okafor
○  fix/rounding  #405  merged  1 commit  +4 −1  landed

Filter search results by size and colour  blocked · Priya Raman
○  search/facets  #404  1 commit  +16 −0  locked (user)

○  main
`);
});

test("the payment service shows work that is not pushed, and work that is not fetched", async () => {
  await using scene = await createScene(undefined, { name: "shop-api" });
  await shopApi(scene, NOW_S);
  expect(await scene.git("status", "--porcelain")).toBe("");
  expect(await drawing(join(scene.path, "payments"))).toBe(`
Forget keys after a day  pending · Amara Okafor · PAYMENTS
○  payments/expire-keys  #84  2 commits  +42 −0  ↑1
○  payments/replay  #82  1 commit  +39 −0
○  payments/idempotency-keys  #81  1 commit  +44 −0

Refund part of a charge  pending · Priya Raman
○  refunds/partial  #85  1 commit  +23 −0  ↓1

●  main  (current)
`);
});

test("the stock job shows the metadata of another tool", async () => {
  await using scene = await createScene(undefined, { name: "stock-sync" });
  await stockSync(scene, NOW_S);
  expect(await drawing(scene.path)).toBe(`
Try again when the shop is busy  incomplete · Jonas Weber
○  stock/retry  1 commit  +17 −0
○  stock/deltas  #19  1 commit  +25 −0

●  main  (current)
`);
});
