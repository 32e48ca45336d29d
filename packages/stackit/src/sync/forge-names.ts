import type { SyncRun } from "../contract/sync-run.ts";
import { fullNameOf, isSameName, type MirrorPlace, originOf, renamedTo } from "../repos/mirror-place.ts";
import type { KnownRepository, Repositories } from "../store/repositories.ts";
import { NameIndex } from "./name-index.ts";
import { isAt, type NamedRepo, recognize } from "./recognize.ts";
import type { SyncQueue } from "./sync-queue.ts";

/** A repository that goes where its forge says that it is. A mirror is one. */
export interface Relocatable {
  readonly id: string;
  readonly place: MirrorPlace;
  relocate(place: MirrorPlace): void;
  deletedAt: string | undefined;
}

export interface Followed {
  readonly repo: Relocatable;
  readonly storeKey: string;
}

export interface NamedOwner {
  readonly login: string;
  readonly origins: readonly string[];
}

interface Following extends Followed {
  readonly origin: string;
  known: KnownRepository;
  /** Numbers of those that were warned of. */
  readonly impostors: Set<number>;
  /** They are made one after the other, so that none undoes another. */
  changes: Promise<unknown>;
}

type KnownStore = Pick<Repositories, "find" | "save">;

/** Tells the operator of what they should know. */
type Tell = (
  level: "info" | "warn",
  about: Readonly<Record<string, string | number>>,
  message: string,
) => void;

/**
 * Follows repositories by the number that their forge gave them, when they are renamed, transferred and deleted there. The
 * number is learned from the first message that names the repository as it was configured. What was learned is in the store
 * before it holds, and holds after a restart, until the operator gives another URL or name. There is nothing to release.
 */
export class ForgeNames {
  readonly #store: KnownStore;
  readonly #tell: Tell;
  readonly #followed = new Map<string, Following>();
  readonly #byNames = new NameIndex<Following>();

  constructor(store: KnownStore, queue: Pick<SyncQueue, "observe">, tell: Tell) {
    this.#store = store;
    this.#tell = tell;
    queue.observe(({ run }) => this.#heedRun(run));
  }

  /**
   * To be called before the first run. Takes the repository to where it was last known to be. `read`: what the store knows of it, where
   * that was just read.
   */
  async follow(repo: Relocatable, storeKey: string, read?: KnownRepository): Promise<void> {
    const found = read ?? (await this.#store.find(storeKey));
    const known = afterConfiguration(found, repo.place);
    if (known !== found) await this.#store.save(storeKey, known);
    const origin = originOf(repo.place.url);
    const following: Following = {
      repo,
      storeKey,
      origin,
      known,
      impostors: new Set(),
      changes: Promise.resolve(),
    };
    this.#followed.set(repo.id, following);
    this.#byNames.set(following, known);
    this.#show(following);
  }

  /** What is heard of it afterwards changes nothing. Settles when nothing of it is being stored. */
  async unfollow(repoId: string): Promise<void> {
    const following = this.#followed.get(repoId);
    if (!following) return;
    this.#followed.delete(repoId);
    this.#byNames.delete(following);
    await following.changes;
  }

  get followed(): Iterable<Followed> {
    return this.#followed.values();
  }

  /** The forge's number for it, where it is known. */
  forgeRepoIdOf(repoId: string): number | undefined {
    return this.#followed.get(repoId)?.known.forgeRepoId;
  }

  isDeleted(repoId: string): boolean {
    return this.#followed.get(repoId)?.known.deletedAtMs !== undefined;
  }

  ownedBy({ login, origins }: NamedOwner): Followed[] {
    return [...this.#followed.values()].filter(
      ({ origin, repo }) => isAt(origin, origins) && isSameName(repo.place.owner, login),
    );
  }

  /**
   * Takes in what a message, that was found to be genuine, says by naming a repository. Settles when that is stored, with those
   * that the message is about.
   */
  async heed(named: NamedRepo, { deletedAtMs }: { deletedAtMs?: number } = {}): Promise<Followed[]> {
    const concerned: Followed[] = [];
    for (const following of this.#byNames.find(named)) {
      const recognized = recognize({ ...following.known, origin: following.origin }, named);
      if (recognized === "impostor") this.#warnOfImpostor(following, named);
      if (recognized !== "this") continue;
      concerned.push(following);
      await this.#change(following, (known) => {
        const next = afterNaming(known, named);
        return deletedAtMs === undefined ? next : { ...next, deletedAtMs };
      });
    }
    return concerned;
  }

  /** What answered after it was said to be deleted is there. */
  async #heedRun({ repoId, outcome = "failed", startedAt }: Readonly<SyncRun>): Promise<void> {
    const following = this.#followed.get(repoId);
    if (following?.known.deletedAtMs === undefined || outcome === "failed") return;
    const startedAtMs = Date.parse(startedAt ?? "");
    await this.#change(following, (known) =>
      known.deletedAtMs !== undefined && startedAtMs > known.deletedAtMs
        ? { ...known, deletedAtMs: undefined }
        : known,
    );
  }

  /** `change` returns what it is given when there is nothing to change. */
  async #change(following: Following, change: (known: KnownRepository) => KnownRepository): Promise<void> {
    if (change(following.known) === following.known) return;
    const changing = following.changes.then(async () => {
      if (!this.#isFollowed(following)) return;
      const known = change(following.known);
      await this.#store.save(following.storeKey, known);
      const before = following.known;
      following.known = known;
      if (!this.#isFollowed(following)) return;
      this.#byNames.set(following, known);
      this.#show(following);
      if (known.fullName !== before.fullName) this.#tellOfName(following, before);
    });
    following.changes = changing.catch(() => {});
    await changing;
  }

  #isFollowed(following: Following): boolean {
    return this.#followed.get(following.repo.id) === following;
  }

  /** Lets readers and the next run see what is known. */
  #show({ repo, known }: Following): void {
    const { url, fullName, formerNames, deletedAtMs } = known;
    if (fullName !== "") {
      const [owner = "", name = ""] = fullName.split("/");
      repo.relocate({ url: new URL(url), owner, name, formerNames });
    }
    repo.deletedAt = deletedAtMs === undefined ? undefined : new Date(deletedAtMs).toISOString();
  }

  #warnOfImpostor({ repo, known, impostors }: Following, { fullName, forgeRepoId = 0 }: NamedRepo): void {
    if (impostors.has(forgeRepoId)) return;
    impostors.add(forgeRepoId);
    this.#tell(
      "warn",
      { repoId: repo.id, fullName, forgeRepoId, knownAs: known.forgeRepoId ?? 0 },
      "another repository has taken a name of this one; what it delivers is ignored (if it is the one to serve, list it with another id)",
    );
  }

  #tellOfName({ repo, known }: Following, before: KnownRepository): void {
    const about = { repoId: repo.id, fullName: known.fullName, formerName: before.fullName };
    if (known.url !== before.url) {
      this.#tell("info", about, "the repository was renamed, and is followed to its new name");
      return;
    }
    this.#tell(
      "warn",
      about,
      "the repository was renamed, and its URL does not follow, since it did not end in the name; change it if it is out of date",
    );
  }
}

/** The configuration wins; it may have caught up with a name that was known before. */
function afterConfiguration(known: KnownRepository | undefined, place: MirrorPlace): KnownRepository {
  const configuredUrl = place.url.href;
  const configuredName = fullNameOf(place) ?? "";
  const isTheSame = known?.configuredUrl === configuredUrl && known.configuredName === configuredName;
  const knownUrl = URL.parse(known?.url ?? "");
  if (isTheSame && knownUrl && originOf(knownUrl) === originOf(place.url)) return known;
  const asConfigured = { configuredUrl, configuredName, url: configuredUrl, fullName: configuredName };
  const hasCaughtUp = known?.url === configuredUrl && isSameName(known.fullName, configuredName);
  return hasCaughtUp ? { ...known, ...asConfigured } : { ...asConfigured, formerNames: [] };
}

/** A message may be older than what is known: names move only with the forge's time. */
function afterNaming(known: KnownRepository, named: NamedRepo): KnownRepository {
  const { asOfMs, fullName, forgeRepoId = known.forgeRepoId } = named;
  const learned = forgeRepoId === known.forgeRepoId ? known : { ...known, forgeRepoId };
  if (isSameName(known.fullName, fullName)) return learned;
  if (asOfMs === undefined || asOfMs < (known.namedAtMs ?? 0)) return learned;
  const [owner = "", name = ""] = known.fullName.split("/");
  const { formerNames } = known;
  const place = renamedTo({ url: new URL(known.url), owner, name, formerNames }, fullName);
  return place === undefined
    ? learned
    : { ...learned, url: place.url.href, fullName, formerNames: place.formerNames, namedAtMs: asOfMs };
}
