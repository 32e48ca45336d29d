import type { Scene } from "../../packages/stackit/test/support/git-scene.ts";
import { before, people } from "./people.ts";
import * as code from "./shop-web-code.ts";

/**
 * The storefront: a stack of four whose second branch was amended, a fork, a locked branch, one that was squashed onto
 * main, and one that no stacking tool knows.
 */
export async function shopWeb(scene: Scene, nowSeconds: number): Promise<void> {
  const at = (days: number, hours = 0) => before(nowSeconds, days, hours);
  const pr = (number: number, title: string, base: string, more: object = {}) => ({
    prInfo: {
      number,
      title,
      base,
      state: "OPEN",
      isDraft: false,
      url: `https://github.com/alderandfinch/shop-web/pull/${number}`,
      ...more,
    },
  });

  await scene.write((s) => {
    const main = (message: string, author: string, atSeconds: number, files: Record<string, string>) =>
      s.commit("main", { message, author, atSeconds, files });
    main("Lay out the storefront", people.jonas, at(40), code.base);
    main("Show prices with the currency of the visitor (#388)", people.priya, at(21), code.prices);
    main(
      "Merge stack: guest checkout\n\nStackit-Stack-Size: 3\nStackit-PRs: 391,392,395\nStackit-Scope: CHECKOUT",
      people.amara,
      at(12),
      code.guestCheckout,
    );
    main("Load product images lazily (#399)", people.jonas, at(9), code.lazyImages);

    // Gift cards: a line of four.
    s.commit("gift-cards/model", {
      parent: "main",
      message: "Model a gift card and its balance",
      author: people.maya,
      atSeconds: at(4, 3),
      files: code.giftCardModel,
    });
    s.metadata("gift-cards/model", {
      parentBranchName: "main",
      stackId: "gift-cards",
      scope: "CHECKOUT",
      ...pr(412, "Model a gift card and its balance", "main"),
    });
    s.commit("gift-cards/api", {
      parent: "gift-cards/model",
      message: "Redeem gift cards through the cart API",
      author: people.maya,
      atSeconds: at(3, 6),
      files: code.giftCardApi,
    });
    s.metadata("gift-cards/api", {
      parentBranchName: "gift-cards/model",
      stackId: "gift-cards",
      ...pr(413, "Redeem gift cards through the cart API", "gift-cards/model"),
    });
    s.commit("gift-cards/checkout-form", {
      parent: "gift-cards/api",
      message: "Take a gift card code at checkout",
      author: people.maya,
      atSeconds: at(2, 4),
      files: code.giftCardForm,
    });
    s.commit("gift-cards/checkout-form", {
      message: "Say why a code was refused",
      author: people.maya,
      atSeconds: at(1, 2),
      files: code.giftCardErrors,
    });
    s.metadata("gift-cards/checkout-form", {
      parentBranchName: "gift-cards/api",
      stackId: "gift-cards",
      ...pr(414, "Take a gift card code at checkout", "gift-cards/api", { isDraft: true }),
    });
    s.commit("gift-cards/receipts", {
      parent: "gift-cards/checkout-form",
      message: "Show the remaining balance on receipts",
      author: people.maya,
      atSeconds: at(0, 5),
      files: code.giftCardReceipt,
    });
    s.metadata("gift-cards/receipts", {
      parentBranchName: "gift-cards/checkout-form",
      stackId: "gift-cards",
    });
    s.blobRef("refs/stackit/stacks/gift-cards", {
      id: "gift-cards",
      title: "Gift cards at checkout",
      description: "Customers pay all or part of an order with a gift card.",
    });

    // Addresses: two branches on one.
    s.commit("addresses/schema", {
      parent: "main",
      message: "Keep several addresses for each customer",
      author: people.tomas,
      atSeconds: at(6, 1),
      files: code.addressSchema,
    });
    s.metadata("addresses/schema", {
      parentBranchName: "main",
      stackId: "addresses",
      ...pr(407, "Keep several addresses for each customer", "main"),
    });
    s.commit("addresses/autocomplete", {
      parent: "addresses/schema",
      message: "Suggest addresses while typing",
      author: people.tomas,
      atSeconds: at(5, 2),
      files: code.addressAutocomplete,
    });
    s.metadata("addresses/autocomplete", {
      parentBranchName: "addresses/schema",
      stackId: "addresses",
      ...pr(408, "Suggest addresses while typing", "addresses/schema"),
    });
    s.commit("addresses/import-from-orders", {
      parent: "addresses/schema",
      message: "Offer the addresses of past orders",
      author: people.priya,
      atSeconds: at(2, 7),
      files: code.addressImport,
    });
    s.metadata("addresses/import-from-orders", {
      parentBranchName: "addresses/schema",
      stackId: "addresses",
      ...pr(410, "Offer the addresses of past orders", "addresses/schema"),
    });
    s.blobRef("refs/stackit/stacks/addresses", { id: "addresses", title: "Address book" });

    // Search: held back until the index has been rebuilt.
    s.commit("search/facets", {
      parent: "main",
      message: "Filter search results by size and colour",
      author: people.priya,
      atSeconds: at(8, 5),
      files: code.searchFacets,
    });
    s.metadata("search/facets", {
      parentBranchName: "main",
      lockReason: "user",
      ...pr(404, "Filter search results by size and colour", "main"),
    });

    // Landed, and not deleted yet.
    s.commit("fix/rounding", {
      parent: "main",
      message: "Round half cents to even",
      author: people.amara,
      atSeconds: at(7, 4),
      files: code.rounding,
    });
    s.metadata("fix/rounding", {
      parentBranchName: "main",
      ...pr(405, "Round half cents to even", "main", { state: "MERGED" }),
    });
    main("Round half cents to even (#405)", people.amara, at(6, 20), code.rounding);
    main("Cache the navigation for a minute (#409)", people.jonas, at(3), code.navigationCache);

    // Made by plain git: its place is found by its history.
    s.commit("spike/view-transitions", {
      parent: "main",
      message: "Try view transitions between product pages",
      author: people.jonas,
      atSeconds: at(1, 8),
      files: code.viewTransitions,
    });
  });

  await scene.git("reset", "--quiet", "--hard");
  await scene.addRemote();
  for (const branch of ["gift-cards/receipts", "spike/view-transitions"]) {
    await scene.git("push", "--quiet", "--delete", "origin", branch);
    await scene.git("config", "--remove-section", `branch.${branch}`);
  }
  await scene.write((s) => {
    // After the review: everything above needs a restack now.
    s.commit("gift-cards/model", {
      message: "Refuse amounts below zero",
      author: people.maya,
      atSeconds: at(0, 2),
      files: code.giftCardReview,
    });
  });
  await scene.git("switch", "--quiet", "gift-cards/checkout-form");
}
