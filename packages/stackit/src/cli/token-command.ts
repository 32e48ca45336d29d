import { resolve } from "node:path";
import { dataDirOf } from "../config/load-config.ts";
import { type ApiToken, TOKEN_SCOPES, type TokenScope } from "../store/api-tokens.ts";
import { openStore, type Store } from "../store/open-store.ts";
import { alignColumns } from "./table.ts";
import { type ExitCode, paintFor, printLine, type Terminal } from "./terminal.ts";
import { UsageError } from "./usage-error.ts";

export interface TokenPlace {
  readonly dataDir?: string;
}

export interface TokenWishes extends TokenPlace {
  readonly scope: readonly string[];
  readonly repo: readonly string[];
  readonly allRepos?: true;
  readonly name?: string;
  readonly expires: string;
}

const DAY_MS = 86_400_000;
const LONGEST_DAYS = 3_650;

/** Makes a token and prints it alone on stdout, once: nobody can read it again. @throws {UsageError} before anything was made. */
export async function createToken(wishes: TokenWishes, terminal: Terminal): Promise<ExitCode> {
  const scopes = [...new Set(wishes.scope.map(scopeOf))];
  const repos = reposOf(wishes, scopes);
  const expiresInMs = lifetimeOf(wishes.expires);
  const name = wishes.name ?? scopes.join(" ");
  await using store = await openTokens(wishes, terminal);
  const { secret, token } = await store.apiTokens.create({
    name,
    scopes,
    ...(repos && { repos }),
    ...(expiresInMs !== undefined && { expiresAtMs: Date.now() + expiresInMs }),
  });
  await write(store, "token-created", token);
  printLine(terminal.stdout, secret);
  const until = token.expiresAtMs === undefined ? "does not expire" : `expires on ${day(token.expiresAtMs)}`;
  printLine(terminal.stderr, `This is shown once; it ${until}. Its id is ${token.id}.`);
  printLine(
    terminal.stderr,
    "A program sends it as `Authorization: Bearer …`, stackit itself from STACKIT_TOKEN.",
  );
  return 0;
}

export async function listTokens(
  options: TokenPlace & { json?: true },
  terminal: Terminal,
): Promise<ExitCode> {
  await using store = await openTokens(options, terminal);
  const tokens = await store.apiTokens.list();
  if (options.json) {
    printLine(terminal.stdout, JSON.stringify({ tokens: tokens.map(asJson) }, null, 2));
    return 0;
  }
  if (tokens.length === 0) {
    printLine(terminal.stdout, "There is no token. `stackit token create` makes one.");
    return 0;
  }
  const head = ["ID", "NAME", "SCOPES", "REPOSITORIES", "CREATED", "EXPIRES", "LAST USED"];
  const rows = tokens.map(({ id, name, scopes, repos, createdAtMs, expiresAtMs, usedAtMs }) => [
    id,
    name,
    scopes.join(" "),
    repos ? repos.join(" ") || "none" : "all",
    day(createdAtMs),
    expiryWords(expiresAtMs),
    usedAtMs === undefined ? "never" : day(usedAtMs),
  ]);
  const [title = "", ...lines] = alignColumns([head, ...rows]);
  printLine(terminal.stdout, paintFor(terminal.stdout)("dim", title));
  for (const line of lines) printLine(terminal.stdout, line);
  return 0;
}

/** It opens nothing from then on, and what is open by it ends within half a minute. */
export async function revokeToken(id: string, options: TokenPlace, terminal: Terminal): Promise<ExitCode> {
  await using store = await openTokens(options, terminal);
  const token = (await store.apiTokens.list()).find((one) => one.id === id);
  if (!token || !(await store.apiTokens.revoke(id))) {
    printLine(terminal.stderr, "error: There is no token with this id; `stackit token list` lists them.");
    return 1;
  }
  await write(store, "token-revoked", token);
  printLine(terminal.stdout, `Revoked ${token.name} (${id}).`);
  return 0;
}

function openTokens({ dataDir }: TokenPlace, { env, cwd }: Terminal): Promise<Store> {
  return openStore(dataDir === undefined ? dataDirOf(env, cwd) : resolve(cwd, dataDir));
}

function write(
  { audit }: Store,
  action: "token-created" | "token-revoked",
  { id, name }: ApiToken,
): Promise<void> {
  const actor = { kind: "local" as const, id: "local", name: "this machine" };
  return audit.write({ action, actor, target: name, detail: id, address: "", requestId: "" });
}

function scopeOf(text: string): TokenScope {
  const scope = TOKEN_SCOPES.find((one) => one === text);
  if (scope !== undefined) return scope;
  throw new UsageError(`--scope is ${JSON.stringify(text)}; it must be one of ${TOKEN_SCOPES.join(", ")}.`);
}

/** Undefined for all. */
function reposOf({ repo, allRepos }: TokenWishes, scopes: readonly TokenScope[]): string[] | undefined {
  if (scopes.length === 0) {
    throw new UsageError(`a token needs --scope, which is one of ${TOKEN_SCOPES.join(", ")}.`);
  }
  const wrong = repo.find((id) => !/^[\w-]{1,64}$/.test(id));
  if (wrong !== undefined) {
    throw new UsageError(
      `--repo is ${JSON.stringify(wrong)}; it must be the id of a repository, such as widget.`,
    );
  }
  if (allRepos && repo.length > 0) throw new UsageError("--all-repos and --repo exclude each other.");
  const needsNone = scopes.every((scope) => scope === "metrics");
  if (!allRepos && repo.length === 0 && !needsNone) {
    throw new UsageError("say for which repositories: --repo ID, as often as needed, or --all-repos.");
  }
  return allRepos ? undefined : [...new Set(repo)];
}

/** Undefined for never. */
function lifetimeOf(text: string): number | undefined {
  if (text === "never") return undefined;
  const days = /^(\d{1,4})d$/.exec(text)?.[1];
  if (days !== undefined && Number(days) >= 1 && Number(days) <= LONGEST_DAYS) return Number(days) * DAY_MS;
  throw new UsageError(
    `--expires is ${JSON.stringify(text)}; it must be days from 1d to ${LONGEST_DAYS}d, such as 90d, or never.`,
  );
}

function expiryWords(expiresAtMs: number | undefined): string {
  if (expiresAtMs === undefined) return "never";
  return expiresAtMs <= Date.now() ? `${day(expiresAtMs)}, is over` : day(expiresAtMs);
}

function day(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}

function asJson({ createdAtMs, expiresAtMs, usedAtMs, ...token }: ApiToken): object {
  return {
    ...token,
    createdAt: new Date(createdAtMs).toISOString(),
    ...(expiresAtMs !== undefined && { expiresAt: new Date(expiresAtMs).toISOString() }),
    ...(usedAtMs !== undefined && { usedAt: new Date(usedAtMs).toISOString() }),
  };
}
