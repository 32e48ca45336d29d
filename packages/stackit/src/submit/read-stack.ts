import { Problem } from "../contract/problem-error.ts";
import type { SubmitPlan } from "../contract/submit.ts";
import type { ForgePullRequest, ForgeSituation } from "../forge/pull-requests-of-heads.ts";
import type { NewObjects } from "../git/new-objects.ts";
import { ObjectPool } from "../git/object-pool.ts";
import { ReadOnlyGit } from "../git/read-only-git.ts";
import type { RemoteAccess } from "../git/remote-access.ts";
import type { Spawner } from "../git/spawner.ts";
import type { RemoteLooker } from "../git/wire/ls-refs.ts";
import { RemoteError } from "../git/wire/remote-failure.ts";
import { Workshop } from "../git/workshop.ts";
import { basicAuthorization } from "../lib/basic-authorization.ts";
import type { GraphSnapshot } from "../repos/graph-snapshot.ts";
import type { PlacedStack } from "../stacks/order-stacks.ts";
import { HEADS, STACKIT_METADATA } from "../stacks/ref-reading.ts";
import { type Restackable, restackLayers } from "../stacks/restack-layers.ts";
import type { ForgeDesk, ForgePlace } from "./forge-desk.ts";
import { planBranches, type SubmittedState } from "./plan-branches.ts";
import { planId } from "./plan-id.ts";
import { findMovedRemotely, withGroundOnRemote } from "./remote-ground.ts";
import { restackMembers } from "./restack-members.ts";
import { type Member, stackMembers } from "./stack-members.ts";
import { bodyWithStack } from "./stack-note.ts";
import type { Identity, SubmitSource } from "./submit-source.ts";
import { statesOf } from "./submitted-states.ts";

/** Who submits. */
export interface Account {
  readonly kind: SubmitPlan["as"]["kind"];
  /** Secret. */
  readonly token: string;
  /** For commits, of somebody whose clone is not at hand. */
  readonly email?: string | undefined;
}

export interface StackReader {
  readonly spawner: Spawner;
  readonly looker: RemoteLooker;
  /** Folders of a submit's own are made below it. */
  readonly scratchDir: string;
  readonly forgeOf: (url: string) => ForgePlace | undefined;
  readonly openForge: (place: ForgePlace, token: string) => ForgeDesk;
  /** Where the addresses are that the forge makes for people who show none. */
  readonly noreplyHost: string;
  readonly wallNow: () => number;
}

/** Everything that a submit of one stack follows from, read at one moment. */
export interface StackReading extends AsyncDisposable {
  readonly plan: SubmitPlan;
  readonly snapshot: GraphSnapshot;
  readonly placed: PlacedStack;
  readonly members: readonly Member[];
  readonly states: readonly SubmittedState[];
  /** The commits of the restack. */
  readonly newObjects: NewObjects;
  /** Where all that is pushed can be seen. */
  readonly workshop: Workshop;
  readonly remote: RemoteAccess;
  /** Full name → object id, of the stack's branches and their metadata. */
  readonly remoteRefs: ReadonlyMap<string, string>;
  readonly pullRequests: ReadonlyMap<string, ForgePullRequest>;
  readonly forge: ForgeDesk;
  readonly identity: Identity;
  readonly wishes: SubmitWishes;
}

/** What is to be so with pull requests, beside what the stack says. */
export interface SubmitWishes {
  /** Whether new ones are drafts. */
  readonly draft: boolean;
  /** Whether drafts that are there are said to be ready for review. */
  readonly ready: boolean;
  /** Logins, and teams as `organisation/team`: asked once a pull request is no draft. */
  readonly reviewers: readonly string[];
  /** Of new ones. */
  readonly labels: readonly string[];
  /** Whether those in one line are made a stack of the forge's own. */
  readonly nativeStack: boolean;
}

export interface StackAsked {
  readonly source: SubmitSource;
  /** Its root branch or its id. */
  readonly stack: string;
  readonly account: Account;
  readonly wishes: SubmitWishes;
  readonly signal: AbortSignal;
}

/**
 * Reads, asks, and tries a restack aside; changes nothing anywhere.
 * @throws {Problem} when there is nothing that could be submitted {RemoteError} {GitError}
 */
export async function readStack(reader: StackReader, asked: StackAsked): Promise<StackReading> {
  const { source, account, wishes, signal } = asked;
  await source.wake?.();
  const { snapshot, gitDir } = source;
  if (!snapshot || gitDir === undefined) {
    throw new Problem("repo/not-ready", "The first reading of this repository has not ended yet.");
  }
  const placed = placedStack(snapshot, asked.stack);
  const place = await placeOf(reader, source, signal);
  const forge = reader.openForge(place, account.token);
  const remote: RemoteAccess = { url: place.url, authorization: basicAuthorization(account.token) };
  const names = placed.members.map(({ node }) => node.name);
  const [remoteRefs, found, held, own] = await Promise.all([
    lookAtRemote(reader, remote, [snapshot.trunk, ...names], signal),
    forge.find(names, signal),
    source.held(),
    source.identity(signal),
  ]);
  // Undefined for an App, which is told when it tries.
  if (found.mayPush === false) {
    throw new Problem("submit/not-permitted", `${found.login} may not push to ${place.owner}/${place.name}.`);
  }
  const git = new ReadOnlyGit(reader.spawner, gitDir);
  await using objects = new ObjectPool(git);
  const { graph, history } = snapshot.parts;
  const nodes = placed.members.map(({ node }) => node);
  const here = { git, objects };
  const placedMembers = stackMembers({
    stack: placed,
    nodes: graph.nodes,
    trunk: snapshot.trunk,
    restackables: restackLayers(graph, history, nodes).filter(isOneOf(names)),
    held,
    movedRemotely: await findMovedRemotely(source, here, placed, remoteRefs, signal),
  });
  const members = await withGroundOnRemote(placedMembers, here, { snapshot, remoteRefs }, signal);
  const email = account.email ?? `${found.login}@${reader.noreplyHost}`;
  const identity = own ?? { name: found.login, email };
  const restacked = await restackMembers(members, {
    spawner: reader.spawner,
    scratchDir: reader.scratchDir,
    git,
    objects,
    commonDir: gitDir,
    committer: { ...identity, atMs: reader.wallNow() },
    signal,
  });
  try {
    const pullRequests = pickedOf(found);
    const { login } = found;
    const input = { snapshot, restacked, remoteRefs, pullRequests, login, objects, signal };
    const states = await statesOf(members, input);
    const branches = planBranches({
      trunk: snapshot.trunk,
      hasTrunkOnRemote: remoteRefs.has(HEADS + snapshot.trunk),
      branches: states,
      bodyWithStack: (name) => bodyWithStack(placed, pullRequests, name),
      draft: wishes.draft,
      ready: wishes.ready,
    });
    const stack = snapshot.stackOf(placed.root);
    const plan: SubmitPlan = {
      id: planId(members, states, remoteRefs, branches),
      repoId: source.repoId,
      rootBranch: placed.root,
      title: stack?.title ?? placed.root,
      generation: snapshot.generation,
      branches,
      pushes: branches.filter(({ push }) => push).length,
      creates: branches.filter(({ action }) => action === "create").length,
      updates: branches.filter(({ action }) => action === "update").length,
      reviewers: [...wishes.reviewers],
      labels: [...wishes.labels],
      as: { kind: account.kind, name: found.login },
    };
    return {
      plan,
      snapshot,
      placed,
      members,
      states,
      newObjects: restacked.objects,
      workshop: new Workshop(reader.spawner, restacked.objects.gitDir),
      remote,
      remoteRefs,
      pullRequests,
      forge,
      identity,
      wishes,
      [Symbol.asyncDispose]: () => restacked[Symbol.asyncDispose](),
    };
  } catch (error) {
    await restacked[Symbol.asyncDispose]();
    throw error;
  }
}

/** @throws {Problem} `submit/trunk`, `stack/not-found` */
function placedStack(snapshot: GraphSnapshot, name: string): PlacedStack {
  if (name === snapshot.trunk) {
    throw new Problem("submit/trunk", `${name} is the trunk, and no stack: name the root of one.`);
  }
  const root = snapshot.stack(name)?.rootBranch;
  const placed = snapshot.parts.stacks.find((one) => one.root === root);
  if (placed) return placed;
  throw new Problem("stack/not-found", "No stack of this repository has this root branch or id.");
}

/** @throws {Problem} `submit/no-forge` */
async function placeOf(
  { forgeOf }: StackReader,
  source: SubmitSource,
  signal: AbortSignal,
): Promise<ForgePlace> {
  const url = await source.remoteUrl(signal);
  const place = url === undefined ? undefined : forgeOf(url);
  if (place) return place;
  throw new Problem(
    "submit/no-forge",
    url === undefined ? "It has no remote." : "Its remote is not on the GitHub that this server is for.",
  );
}

async function lookAtRemote(
  { looker }: StackReader,
  { url, authorization }: RemoteAccess,
  branches: readonly string[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, string>> {
  const prefixes = branches.flatMap((name) => [HEADS + name, STACKIT_METADATA + name]);
  const { found } = await looker.look(url, { prefixes, authorization, signal });
  if (found === "older-protocol") {
    throw new RemoteError("error", "The remote speaks only an old version of Git's protocol.");
  }
  return found.refs;
}

function isOneOf(names: readonly string[]): (one: Restackable) => boolean {
  const set = new Set(names);
  return ({ name }) => set.has(name);
}

/** The open one, or the last. */
function pickedOf({ pullRequests }: ForgeSituation): ReadonlyMap<string, ForgePullRequest> {
  return new Map([...pullRequests].flatMap(([head, [first]]) => (first ? [[head, first] as const] : [])));
}
