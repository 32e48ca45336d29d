import { expect, test } from "vitest";
import type { MirrorPlace } from "../repos/mirror-place.ts";
import type { KnownRepository } from "../store/repositories.ts";
import { ForgeNames, type Relocatable } from "./forge-names.ts";

const ORIGIN = "https://github.com";

class Placed implements Relocatable {
  readonly id: string;
  place: MirrorPlace;
  deletedAt: string | undefined;

  constructor(id: string) {
    this.id = id;
    this.place = { url: new URL(`${ORIGIN}/octo/${id}.git`), owner: "octo", name: id, formerNames: [] };
  }

  relocate(place: MirrorPlace): void {
    this.place = place;
  }
}

/** A thousand that are followed, `widget-<n>` with the number n, and whose names a message made somebody read. */
async function followThousand() {
  const read = new Set<string>();
  const knownOf = (id: string): KnownRepository => {
    const { url, owner, name } = new Placed(id).place;
    const [configuredUrl, configuredName] = [url.href, `${owner}/${name}`];
    const asConfigured = { configuredUrl, configuredName, url: configuredUrl, fullName: configuredName };
    return { ...asConfigured, formerNames: [], forgeRepoId: Number(id.slice(7)) };
  };
  const watched = (id: string) =>
    new Proxy(knownOf(id), {
      get(known, property, receiver) {
        read.add(id);
        return Reflect.get(known, property, receiver);
      },
    });
  const store = { find: async (key: string) => watched(key), save: async () => {} };
  const names = new ForgeNames(store, { observe: () => () => {} }, () => {});
  for (let n = 1; n <= 1000; n++) await names.follow(new Placed(`widget-${n}`), `widget-${n}`);
  const heed = async (fullName: string, forgeRepoId?: number) => {
    read.clear();
    const numbered = forgeRepoId === undefined ? {} : { forgeRepoId };
    const concerned = await names.heed({ fullName, ...numbered, origins: [ORIGIN], asOfMs: 1 });
    return { concerned: concerned.map(({ storeKey }) => storeKey), read: [...read] };
  };
  return { heed, names };
}

test("a message makes nobody look at repositories that bear neither its name nor its number", async () => {
  const { heed } = await followThousand();
  expect(await heed("Octo/Widget-7", 7)).toEqual({ concerned: ["widget-7"], read: ["widget-7"] });
  expect(await heed("octo/other", 5000)).toEqual({ concerned: [], read: [] });
  const impostor = await heed("octo/widget-8", 7);
  expect(impostor.concerned).toEqual(["widget-7"]);
  expect(impostor.read.sort()).toEqual(["widget-7", "widget-8"]);
});

test("a repository is found by the name that it was given since, and no more by the one before", async () => {
  const { heed } = await followThousand();
  expect((await heed("acme/gear", 7)).concerned).toEqual(["widget-7"]);
  expect((await heed("ACME/gear")).concerned).toEqual(["widget-7"]);
  expect((await heed("octo/widget-7")).concerned).toEqual([]);
});

test("what is heard of a repository that is followed no more is about nobody", async () => {
  const { heed, names } = await followThousand();
  await names.unfollow("widget-7");
  expect(await heed("octo/widget-7", 7)).toEqual({ concerned: [], read: [] });
  expect(names.forgeRepoIdOf("widget-7")).toBeUndefined();
  expect((await heed("octo/widget-8", 8)).concerned).toEqual(["widget-8"]);
});
