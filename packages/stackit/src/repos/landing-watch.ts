import { type CommitHeader, parseCommit } from "../git/commit-object.ts";
import type { ObjectPool } from "../git/object-pool.ts";
import type { Change } from "../git/patch-ids.ts";
import type { ReadOnlyGit } from "../git/read-only-git.ts";
import { listCommitIds } from "../git/rev-list.ts";
import type { Trunk } from "../stacks/choose-trunk.ts";
import type { Departed } from "../stacks/departed.ts";
import { type ForgeMerge, forgeMerges } from "../stacks/forge-merges.ts";
import type { History } from "../stacks/history.ts";
import { type Landed, type LandedHow, type LandedTips, NOTHING_LANDED } from "../stacks/landed.ts";
import { type LandingQuestion, landingQuestions } from "../stacks/landing-questions.ts";
import type { PullRequest } from "../stacks/pull-request.ts";
import { type DepartedStore, Departures } from "./departures.ts";
import { changeKey, type PatchIdStore, PatchMemo } from "./patch-memo.ts";
import type { RepoModel } from "./repo-model.ts";
import type { RepoSettings } from "./repo-settings.ts";
import type { TrunkMemory } from "./trunk-memory.ts";
import { TrunkPatches } from "./trunk-patches.ts";

/** Keeps what has landed across restarts. */
export interface LandedStore {
  recall(): Promise<Landed[]>;
  remember(found: readonly Landed[]): Promise<void>;
  forget(tips: readonly string[]): Promise<void>;
}

/** What a watch keeps, or shares with others. Each may be missing. */
export interface LandingTools {
  readonly landed?: LandedStore;
  readonly departed?: DepartedStore;
  readonly patchIds?: PatchIdStore;
  /** Without it a trunk is remembered as long as the watch lives. */
  readonly trunks?: Pick<TrunkMemory, "use">;
}

/** Changes that one pair of processes reads, and commits of the trunk that one look goes through, at most. */
const CHUNK = 5_000;
const MAX_ASKED = 100_000;

/** `landedAtMs`: where somebody says it, else it is the time of the commit. */
type Found = Omit<Landed, "landedAtMs" | "seenAtMs"> & { readonly landedAtMs?: number };

/**
 * Finds out which branches have landed. A yes stays, also when the trunk rewrites those lines later, until the trunk loses the commit
 * that brought them; a no is asked again when the branch or the trunk moves. Not for two looks at once.
 */
export class LandingWatch {
  readonly #git: ReadOnlyGit;
  /** Of whom it is asked too whether they landed. */
  readonly departures: Departures;
  readonly #objects: ObjectPool;
  readonly #store: LandedStore | undefined;
  readonly #memo: PatchMemo;
  readonly #trunk: TrunkPatches;
  readonly #trunks: LandingTools["trunks"];
  /** From the first of several looks that go through the trunk to the last of them. */
  #use: Disposable | undefined;
  #landed: LandedTips = NOTHING_LANDED;
  #isLoaded = false;
  /** Of the last look. */
  #history: History | undefined;
  /** In which the trunk has all that landed. */
  #epoch: object | undefined;
  #asked = new Map<string, LandingQuestion | undefined>();
  /** What was asked about last, by `changeKey`. */
  #patches = new Map<string, string>();
  /** What is missing or damaged, by `changeKey`. Not asked for again until the trunk moves. */
  #unreadable = new Set<string>();

  constructor(git: ReadOnlyGit, objects: ObjectPool, { landed, departed, patchIds, trunks }: LandingTools) {
    this.departures = new Departures(departed);
    this.#git = git;
    this.#objects = objects;
    this.#store = landed;
    this.#memo = new PatchMemo(git, patchIds);
    this.#trunk = new TrunkPatches(git);
    this.#trunks = trunks;
  }

  /** Another object when other branches have landed. */
  get landed(): LandedTips {
    return this.#landed;
  }

  /** What was missing may be there: the files were exchanged for others, or more came with the trunk. */
  forgetUnreadable(): void {
    for (const key of this.#unreadable) {
      this.#patches.delete(key);
      this.#trunk.unlearn(key);
    }
    this.#unreadable = new Set();
  }

  /** Takes over what an earlier process found. */
  async load(): Promise<void> {
    await this.departures.load();
    if (this.#isLoaded) return;
    const found = (await this.#store?.recall()) ?? [];
    if (found.length > 0) this.#landed = new Map(found.map((each) => [each.tip, each]));
    this.#isLoaded = true;
  }

  /**
   * Forgets what the trunk no longer has: it was taken back. `epoch`: the same as long as the trunk loses nothing. To be called before a
   * model is made. Costs a process in a new epoch. @throws {GitError} and nothing is forgotten
   */
  async confirm(
    { tips }: Pick<Trunk, "tips">,
    epoch: object,
    { shallowStamp }: RepoSettings,
    signal: AbortSignal,
  ): Promise<void> {
    if (this.#epoch === epoch) return;
    // Beyond the edge of a shallow clone there may be anything.
    const isTold = tips.length > 0 && shallowStamp === undefined;
    const lost = isTold ? await this.#lost(tips, signal) : new Set<string>();
    if (lost.size > 0) {
      await this.#store?.forget([...lost]);
      this.#landed = new Map([...this.#landed].filter(([tip]) => !lost.has(tip)));
    }
    this.#epoch = epoch;
  }

  /**
   * Asks of the branches of a model, and of the pull requests that were merged; of those whose files are missing or damaged nothing can be found out. Ends before everything is
   * known where there is much to learn; `landed` has then what was found so far. True when there is no more to ask. @throws {GitError}
   */
  async look(model: RepoModel, merged: readonly PullRequest[], signal: AbortSignal): Promise<boolean> {
    let isDone = true;
    try {
      isDone = await this.#lookOnce(model, merged, signal);
      return isDone;
    } finally {
      if (isDone) this.#endUse();
    }
  }

  #endUse(): void {
    this.#use?.[Symbol.dispose]();
    this.#use = undefined;
  }

  async #lookOnce(
    { graph, history, epoch }: RepoModel,
    merged: readonly PullRequest[],
    signal: AbortSignal,
  ): Promise<boolean> {
    const { trunk } = graph;
    if (trunk?.tip === undefined) return true;
    if (this.#history !== history || this.#asked.size > MAX_ASKED) this.#asked = new Map();
    this.#history = history;
    const asked = landingQuestions(graph, this.#landed, history, this.#asked);
    const onTrunk = [...graph.nodes.values(), ...graph.unstacked.values()]
      .map(({ tip }) => tip)
      .filter((tip) => history.commit(tip) === undefined && !this.#landed.has(tip));
    const gone = this.departures.all.filter(({ name, tip, question }) => {
      return question && !graph.nodes.has(name) && !this.#landed.has(tip);
    });
    const merges = forgeMerges(merged, gone, this.#landed, history);
    if ([asked, onTrunk, gone, merges].every(({ length }) => length === 0)) return true;
    this.#use ??= this.#trunks?.use(this.#trunk);
    if (await this.#trunk.follow(trunk.tips, signal)) this.forgetUnreadable();
    const found = await this.#told(merges, trunk.name, signal);
    const told = new Set(found.map(({ tip }) => tip));
    const questions = asked.filter(({ tip }) => !told.has(tip));
    const isGoneOnTrunk = ({ tip }: Departed): boolean => this.#trunk.has(tip);
    const ofGone = gone.flatMap((each) => {
      return each.question && !told.has(each.tip) && !isGoneOnTrunk(each) ? [each.question] : [];
    });
    questions.push(...(await this.#present(ofGone, signal)));
    const isDone = await this.#learn(questions, signal);
    for (const question of questions) {
      const answer = await this.#answer(question, signal);
      const { tip, base } = question;
      if (answer) found.push({ tip, base, trunk: trunk.name, ...answer });
    }
    for (const tip of onTrunk) {
      const commit = this.#trunk.broughtBy(tip);
      if (commit) found.push({ tip, base: tip, trunk: trunk.name, how: "merge", commit });
    }
    for (const { tip } of gone.filter(isGoneOnTrunk)) {
      // Where no merge brought its commits, they are on the trunk's own line.
      const commit = this.#trunk.broughtBy(tip) ?? tip;
      found.push({ tip, base: tip, trunk: trunk.name, how: "merge", commit });
    }
    signal.throwIfAborted();
    if (found.length > 0) await this.#remember(found, epoch, signal);
    return isDone;
  }

  /** What the trunk has of what a forge merged. What is there as it was is no matter of the forge's word. */
  async #told(merges: readonly ForgeMerge[], trunk: string, signal: AbortSignal): Promise<Found[]> {
    const found: Found[] = [];
    for (const merge of merges) {
      const { tip, base, commit, mergedAtMs } = merge;
      const parents = this.#trunk.parentsOf(commit);
      // A merge would have brought the head itself.
      if (parents?.length !== 1 || this.#trunk.has(tip)) continue;
      const how = await this.#howMerged(merge, signal);
      found.push({
        tip,
        base,
        trunk,
        how,
        commit,
        ...(mergedAtMs !== undefined && { landedAtMs: mergedAtMs }),
      });
    }
    return found;
  }

  /** A rebase leaves a commit for each, with its words; a squash is named anew. */
  async #howMerged({ commits, commit }: ForgeMerge, signal: AbortSignal): Promise<LandedHow> {
    const line: string[] = [];
    for (let oid: string | undefined = commit; oid !== undefined && line.length < commits.length; ) {
      line.push(oid);
      const parents = this.#trunk.parentsOf(oid);
      oid = parents?.length === 1 ? parents[0] : undefined;
    }
    if (commits.length === 0 || line.length < commits.length) return "squash";
    const read = await this.#read([...commits, ...line], signal);
    const isSame = (oid: string, index: number): boolean => {
      const subject = read.get(oid)?.subject;
      return subject !== undefined && subject === read.get(line[index] ?? "")?.subject;
    };
    return commits.every(isSame) ? "rebase" : "squash";
  }

  /** The tips whose landing the trunk does not have. */
  async #lost(trunkTips: readonly string[], signal: AbortSignal): Promise<Set<string>> {
    const landed = [...this.#landed.values()];
    const commits = [...new Set(landed.map(({ commit }) => commit))];
    const here = await this.#objects.read(commits, { signal, maxObjectBytes: 0 });
    const off = new Set(await listCommitIds(this.#git, [...here.keys()], trunkTips, { signal }));
    return new Set(landed.filter(({ commit }) => !here.has(commit) || off.has(commit)).map(({ tip }) => tip));
  }

  async #remember(found: readonly Found[], epoch: object, signal: AbortSignal): Promise<void> {
    const seenAtMs = Date.now();
    const commits = await this.#read(
      found.map(({ commit }) => commit),
      signal,
    );
    const landed = found.map((each): Landed => {
      const landedAtMs = each.landedAtMs ?? commits.get(each.commit)?.committedAtMs ?? seenAtMs;
      return { ...each, landedAtMs, seenAtMs };
    });
    await this.#store?.remember(landed);
    // The trunk that brought them may have been rewritten meanwhile.
    if (this.#epoch !== epoch) return;
    this.#landed = new Map([...this.#landed, ...landed.map((each) => [each.tip, each] as const)]);
  }

  /** Commits that no branch holds may have been collected: nothing can be learnt of them any more. */
  async #present(questions: readonly LandingQuestion[], signal: AbortSignal): Promise<LandingQuestion[]> {
    const oidsOf = ({ tip, base, commits }: LandingQuestion): string[] => [tip, base, ...commits];
    const unread = questions.filter((question) => this.#patchOf(this.#wholeOf(question)) === undefined);
    const here = unread.length > 0 ? await this.#read(unread.flatMap(oidsOf), signal) : undefined;
    return questions.filter((question) => {
      return !unread.includes(question) || oidsOf(question).every((oid) => here?.has(oid));
    });
  }

  /** Learns what the branches did, and as much as one look may of what the trunk did. True when that was all. */
  async #learn(questions: readonly LandingQuestion[], signal: AbortSignal): Promise<boolean> {
    const ofBranches = new Map<string, Change>();
    for (const question of questions) {
      for (const change of [this.#wholeOf(question), ...question.commits.map((head) => ({ head }))])
        ofBranches.set(changeKey(change), change);
    }
    const ofTrunk = this.#trunk.unlearnt(
      questions.flatMap(({ grounds }) => grounds),
      CHUNK,
    );
    const unknown = [...ofBranches].flatMap(([key, change]) => (this.#patches.has(key) ? [] : [change]));
    const changes = [...ofTrunk.map((head) => ({ head })), ...unknown];
    const read = new Map<string, string>();
    for (let start = 0; start < changes.length; start += CHUNK) {
      const patches = await this.#memo.read(changes.slice(start, start + CHUNK), signal);
      for (const [key, patch] of patches) read.set(key, patch);
    }
    for (const change of changes) {
      const key = changeKey(change);
      if (!read.has(key)) this.#unreadable.add(key);
    }
    for (const oid of ofTrunk) this.#trunk.learn(oid, read.get(oid) || undefined);
    const kept = new Map<string, string>();
    for (const key of ofBranches.keys()) kept.set(key, this.#patches.get(key) ?? read.get(key) ?? "");
    this.#patches = kept;
    return ofTrunk.length < CHUNK;
  }

  /** Undefined when the change is empty. */
  #patchOf(change: Change): string | undefined {
    return this.#patches.get(changeKey(change)) || undefined;
  }

  async #answer(
    question: LandingQuestion,
    signal: AbortSignal,
  ): Promise<Pick<Landed, "how" | "commit"> | undefined> {
    const { tip, commits, grounds } = question;
    const squash = this.#trunk.find(this.#patchOf(this.#wholeOf(question)), grounds);
    if (squash !== undefined) {
      const isOne = commits.length === 1 && (await this.#sameSubject(tip, squash, signal));
      return { how: isOne ? "rebase" : "squash", commit: squash };
    }
    const ones = commits.map((head) => this.#trunk.find(this.#patchOf({ head }), grounds));
    const [last] = ones;
    return last !== undefined && !ones.includes(undefined) ? { how: "rebase", commit: last } : undefined;
  }

  /** As one change. A branch that the trunk was merged into differs by its own changes from what was merged last. */
  #wholeOf({ tip, base, commits, grounds }: LandingQuestion): Change {
    if (commits.length === 1) return { head: tip };
    return { head: tip, base: (grounds.includes(base) && this.#trunk.newest(grounds)) || base };
  }

  /** A forge that squashes a single commit names it anew, mostly after the pull request. */
  async #sameSubject(a: string, b: string, signal: AbortSignal): Promise<boolean> {
    const commits = await this.#read([a, b], signal);
    const subject = commits.get(a)?.subject;
    return subject !== undefined && subject === commits.get(b)?.subject;
  }

  async #read(oids: readonly string[], signal: AbortSignal): Promise<Map<string, CommitHeader>> {
    const objects = await this.#objects.read([...new Set(oids)], { signal });
    const commits = new Map<string, CommitHeader>();
    for (const [oid, { content }] of objects) if (content) commits.set(oid, parseCommit(oid, content));
    return commits;
  }
}
