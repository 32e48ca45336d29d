import { ownPath } from "./own-path.ts";

/**
 * The addresses of the dashboard, both ways. Reading is total: whatever stands in the address bar gives a route, and a
 * value that is not known falls back to the default, which is never written.
 */
export type RepoRef = { kind: "local"; id: string } | { kind: "forge"; owner: string; name: string };

export type StateFilter = "all" | "ready" | "blocked" | "restack" | "draft";
export type Grouping = "owner" | "stack" | "none";

const sortColumns = ["branch", "stack", "owner", "state", "review", "pr", "lines", "waiting"] as const;
export type SortColumn = (typeof sortColumns)[number];
export interface Sorting {
  by: SortColumn;
  down: boolean;
}

export interface ListSearch {
  q: string;
  state: StateFilter;
  /** Lanes are never without groups: there, `none` is as `stack`. */
  group: Grouping;
  layout: "lanes" | "table";
  /** Of the table. */
  sort: Sorting;
}

export interface BranchSearch {
  tab: "diff" | "commits" | "checks" | "pushes";
  base: "parent" | "trunk";
  /** Undefined: as wide as fits. */
  layout: "split" | "unified" | undefined;
  ignoreWhitespace: boolean;
  wrap: boolean;
  file: string | undefined;
  /** A line of `file`, as in `L12`, or `O12` for one of the old side. */
  line: string | undefined;
  compare: PushSearch;
}

/** Which two pushes are compared, by their numbers; undefined: the last two. */
export interface PushSearch {
  from: number | undefined;
  to: number | undefined;
  mode: "range" | "tree";
}

/** Why a sign-in led nowhere. */
export type Refusal = "expired" | "cancelled" | "not-allowed" | "forge";

export type RepoFilter = "all" | "failing" | "late" | "working";

/** What of the activity is shown. */
export type ActivityFilter = "all" | "mine" | "failures";

export const webhookFilters = [
  "all",
  "taken",
  "repeated",
  "ignored",
  "invalid",
  "bad-signature",
  "not-signed",
  "unread",
] as const;
/** Which deliveries of webhooks are shown. */
export type WebhookFilter = (typeof webhookFilters)[number];
/** Of the operators' page. */
export type OpsPart = "overview" | "audit";

export type Route =
  | { page: "repositories"; q: string; state: RepoFilter }
  | { page: "activity"; show: ActivityFilter }
  /** `repo`: the one that was added, while it is set up. */
  | { page: "add"; repo: string | undefined }
  | { page: "webhooks"; repo: string | undefined; result: WebhookFilter }
  | { page: "ops"; part: OpsPart }
  /** `repo`: its id. */
  | { page: "ops-repo"; repo: string }
  | { page: "sign-in"; refused: Refusal | undefined; login: string | undefined; returnTo: string }
  | {
      page: "repository";
      repo: RepoRef;
      list: ListSearch;
      /** What the branch panel shows; kept while the panel is closed, so that the next branch opens alike. */
      view: BranchSearch;
      /** At most one of these three is in the address. */
      branch: string | undefined;
      /** The stack that is marked and whose panel is open, by anything it goes or went by. */
      stack: string | undefined;
      /** The number of a pull request, until its branch is known. */
      pull: number | undefined;
      /** Shown in the place of the stacks. */
      activity: ActivityFilter | undefined;
      /** The sync history is open: at one run, or `all`. */
      sync: string | undefined;
    }
  | { page: "unknown"; path: string };

export type RepositoryRoute = Extract<Route, { page: "repository" }>;
export type RepositoriesRoute = Extract<Route, { page: "repositories" }>;
export type ActivityRoute = Extract<Route, { page: "activity" }>;
export type AddRoute = Extract<Route, { page: "add" }>;
export type WebhooksRoute = Extract<Route, { page: "webhooks" }>;
export type OpsRoute = Extract<Route, { page: "ops" }>;
export type OpsRepoRoute = Extract<Route, { page: "ops-repo" }>;
export type SignInRoute = Extract<Route, { page: "sign-in" }>;

export const plainList: ListSearch = {
  q: "",
  state: "all",
  group: "owner",
  layout: "lanes",
  sort: { by: "waiting", down: true },
};
export const lastTwoPushes: PushSearch = { from: undefined, to: undefined, mode: "range" };
export const repositoriesRoute: RepositoriesRoute = { page: "repositories", q: "", state: "all" };
export const plainView: BranchSearch = {
  tab: "diff",
  base: "parent",
  layout: undefined,
  ignoreWhitespace: false,
  wrap: false,
  file: undefined,
  line: undefined,
  compare: lastTwoPushes,
};

/** What is kept of the view when another branch is opened. */
export function viewOfOther(view: BranchSearch): BranchSearch {
  return { ...view, file: undefined, compare: lastTwoPushes };
}

export function repositoryRoute(repo: RepoRef): RepositoryRoute {
  const nothing = {
    branch: undefined,
    stack: undefined,
    pull: undefined,
    activity: undefined,
    sync: undefined,
  };
  return { page: "repository", repo, list: plainList, view: plainView, ...nothing };
}

export function parseLocation(pathname: string, search: string, hash = ""): Route {
  const params = new URLSearchParams(search);
  if (pathname === "/" || pathname === "") {
    const state = oneOf(params.get("state"), ["failing", "late", "working"]) ?? "all";
    return { page: "repositories", q: params.get("q") ?? "", state };
  }
  if (pathname === "/activity") return { page: "activity", show: activityFilter(params) };
  if (pathname === "/add") return { page: "add", repo: params.get("repo") || undefined };
  if (pathname === "/ops/webhooks") return webhooksRoute(params);
  if (pathname === "/sign-in") return signInRoute(params);
  if (pathname === "/ops") return { page: "ops", part: "overview" };
  if (pathname === "/ops/audit") return { page: "ops", part: "audit" };
  const [, served] = /^\/ops\/repos\/([^/]+)\/?$/.exec(pathname) ?? [];
  if (served !== undefined) return { page: "ops-repo", repo: decode(served) };
  const match = /^\/r\/([^/]+)\/([^/]+)(?:\/-\/(?:(activity)|(branch|stack|pr)\/(.+?)))?\/?$/.exec(pathname);
  const [, owner, name, activity, kind, target] = match ?? [];
  if (!owner || !name) return { page: "unknown", path: pathname };
  return {
    page: "repository",
    repo:
      owner === "local"
        ? { kind: "local", id: decode(name) }
        : { kind: "forge", owner: decode(owner), name: decode(name) },
    list: {
      q: params.get("q") ?? "",
      state: oneOf(params.get("state"), ["ready", "blocked", "restack", "draft"]) ?? "all",
      group: oneOf(params.get("group"), ["stack", "none"]) ?? "owner",
      layout: oneOf(params.get("view"), ["table"]) ?? "lanes",
      sort: parseSorting(params.get("sort")),
    },
    view: {
      tab: oneOf(params.get("tab"), ["commits", "checks", "pushes"]) ?? "diff",
      base: oneOf(params.get("base"), ["trunk"]) ?? "parent",
      layout: oneOf(params.get("d"), ["split", "unified"]),
      ignoreWhitespace: params.get("ws") === "1",
      wrap: params.get("wrap") === "1",
      file: params.get("file") || undefined,
      line: params.get("file") ? /^#([LO][1-9]\d{0,7})$/.exec(hash)?.[1] : undefined,
      compare: {
        from: wholeNumber(params.get("from")),
        to: wholeNumber(params.get("to")),
        mode: oneOf(params.get("mode"), ["tree"]) ?? "range",
      },
    },
    branch: kind === "branch" ? decodePath(target) : undefined,
    stack: kind === "stack" ? decodePath(target) : undefined,
    pull: kind === "pr" ? wholeNumber(target) : undefined,
    activity: activity ? activityFilter(params) : undefined,
    sync: params.get("sync") || undefined,
  };
}

/** `-title`: downwards by the title. */
function parseSorting(text: string | null): Sorting {
  const down = text?.startsWith("-") === true;
  const by = oneOf(down ? (text?.slice(1) ?? null) : text, sortColumns);
  return by === undefined ? plainList.sort : { by, down };
}

function activityFilter(params: URLSearchParams): ActivityFilter {
  return oneOf(params.get("show"), ["mine", "failures"]) ?? "all";
}

function webhooksRoute(params: URLSearchParams): WebhooksRoute {
  const repo = params.get("repo") ?? "";
  return {
    page: "webhooks",
    repo: /^[\w-]{1,64}$/.test(repo) ? repo : undefined,
    result: oneOf(params.get("result"), webhookFilters) ?? "all",
  };
}

function signInRoute(params: URLSearchParams): Route {
  const login = params.get("login");
  return {
    page: "sign-in",
    refused: oneOf(params.get("refused"), ["expired", "cancelled", "not-allowed", "forge"]),
    // Whoever made up the link may not put sentences into the page.
    login: login !== null && /^[\w-]{1,64}$/.test(login) ? login : undefined,
    returnTo: ownPath(params.get("return")),
  };
}

export function formatRoute(route: Route): string {
  if (route.page === "repositories") return formatRepositories(route);
  if (route.page === "activity") return `/activity${route.show === "all" ? "" : `?show=${route.show}`}`;
  if (route.page === "add") return addressOfAdding(route);
  if (route.page === "webhooks") return formatWebhooks(route);
  if (route.page === "ops") return route.part === "overview" ? "/ops" : `/ops/${route.part}`;
  if (route.page === "ops-repo") return `/ops/repos/${encodeURIComponent(route.repo)}`;
  if (route.page === "sign-in") return formatSignIn(route);
  if (route.page === "unknown") return route.path;
  const { repo, list, view, branch, stack, pull, activity, sync } = route;
  const path =
    repo.kind === "local"
      ? `/r/local/${encodeURIComponent(repo.id)}`
      : `/r/${encodeURIComponent(repo.owner)}/${encodeURIComponent(repo.name)}`;
  const query = new URLSearchParams();
  if (list.q) query.set("q", list.q);
  if (list.state !== "all") query.set("state", list.state);
  if (list.group !== "owner") query.set("group", list.group);
  if (list.layout !== "lanes") query.set("view", list.layout);
  const { by, down } = list.sort;
  if (by !== plainList.sort.by || down !== plainList.sort.down) query.set("sort", `${down ? "-" : ""}${by}`);
  if (view.tab !== "diff") query.set("tab", view.tab);
  if (view.base !== "parent") query.set("base", view.base);
  if (view.layout) query.set("d", view.layout);
  if (view.ignoreWhitespace) query.set("ws", "1");
  if (view.wrap) query.set("wrap", "1");
  if (branch !== undefined && view.file) query.set("file", view.file);
  if (branch !== undefined && view.tab === "pushes") addPushes(query, view.compare);
  if (activity !== undefined && activity !== "all") query.set("show", activity);
  if (sync) query.set("sync", sync);
  let tail = "";
  if (branch !== undefined) tail = `/-/branch/${encodePath(branch)}`;
  else if (stack !== undefined) tail = `/-/stack/${encodePath(stack)}`;
  else if (pull !== undefined) tail = `/-/pr/${pull}`;
  else if (activity !== undefined) tail = "/-/activity";
  const fragment = query.has("file") && view.line ? `#${view.line}` : "";
  return `${path}${tail}${query.size > 0 ? `?${query}` : ""}${fragment}`;
}

function addPushes(query: URLSearchParams, { from, to, mode }: PushSearch): void {
  if (from !== undefined) query.set("from", `${from}`);
  if (to !== undefined) query.set("to", `${to}`);
  if (mode !== "range") query.set("mode", mode);
}

function formatRepositories({ q, state }: RepositoriesRoute): string {
  const query = new URLSearchParams();
  if (q) query.set("q", q);
  if (state !== "all") query.set("state", state);
  return `/${query.size > 0 ? `?${query}` : ""}`;
}

function addressOfAdding({ repo }: AddRoute): string {
  return repo === undefined ? "/add" : `/add?${new URLSearchParams({ repo })}`;
}

function formatWebhooks({ repo, result }: WebhooksRoute): string {
  const query = new URLSearchParams();
  if (repo !== undefined) query.set("repo", repo);
  if (result !== "all") query.set("result", result);
  return `/ops/webhooks${query.size > 0 ? `?${query}` : ""}`;
}

function formatSignIn({ refused, login, returnTo }: SignInRoute): string {
  const query = new URLSearchParams();
  if (refused) query.set("refused", refused);
  if (login) query.set("login", login);
  if (returnTo !== "/") query.set("return", returnTo);
  return `/sign-in${query.size > 0 ? `?${query}` : ""}`;
}

function oneOf<T extends string>(value: string | null, allowed: readonly T[]): T | undefined {
  return allowed.find((item) => item === value);
}

function wholeNumber(text: string | null | undefined): number | undefined {
  return typeof text === "string" && /^[1-9]\d{0,8}$/.test(text) ? Number(text) : undefined;
}

/** Names may contain slashes, which stay as they are. */
function encodePath(name: string): string {
  return name.split("/").map(encodeURIComponent).join("/");
}

function decodePath(path: string | undefined): string | undefined {
  return path?.split("/").map(decode).join("/");
}

/** Text that is not valid percent-encoding stands for itself. */
function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
