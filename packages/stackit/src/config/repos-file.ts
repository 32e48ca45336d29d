import { resolve } from "node:path";
import { type Static, Type } from "typebox";
import { Value } from "typebox/value";
import { ConfigError } from "./config-error.ts";

/** A repository to serve. */
export type RepoConfig = WorkingCopyConfig | MirrorConfig;

interface Identity {
  readonly id: string;
  readonly displayName?: string;
  readonly owner?: string;
  readonly name?: string;
}

/** A clone that a person works in, which is only ever read. */
export interface WorkingCopyConfig extends Identity {
  readonly kind: "working-copy";
  /** Absolute. */
  readonly path: string;
}

/** A remote of which the server keeps a bare copy of its own. */
export interface MirrorConfig extends Identity {
  readonly kind: "mirror";
  /** `https:`, or `http:` to this machine; without user and password. */
  readonly url: URL;
  /** Secret: the whole value of the header that the remote gets. */
  readonly authorization?: string;
  /** Instead of the server's; 0 is off. */
  readonly syncIntervalMs?: number;
}

const Entry = Type.Object(
  {
    id: Type.String({ pattern: "^[A-Za-z0-9_-]{1,64}$" }),
    path: Type.String({ minLength: 1 }),
    displayName: Type.Optional(Type.String({ minLength: 1, maxLength: 200 })),
    owner: Type.Optional(Type.String({ minLength: 1 })),
    name: Type.Optional(Type.String({ minLength: 1 })),
  },
  { additionalProperties: false },
);
const ReposFile = Type.Object({ repos: Type.Array(Entry, { minItems: 1 }) }, { additionalProperties: false });

/** By place, the end of the sentence "it must be …". */
const ALLOWED: Readonly<Record<string, string>> = {
  "": 'an object such as {"repos": [ … ]}',
  "/repos": "a list with at least one repository",
  "/repos/*": 'an object such as {"id": "mine", "path": "../mine"}',
  "/repos/*/id": "text of 1 to 64 letters, digits, _ or -",
  "/repos/*/path": "the folder of a working copy",
  "/repos/*/displayName": "text of at most 200 characters",
  "/repos/*/owner": "text",
  "/repos/*/name": "text",
};

/** Keys that repositories of other kinds will have; a clearer answer than "unknown key". */
const NOT_YET: Readonly<Record<string, string>> = {
  url: "mirrors of a remote are not served yet; give the path of a clone instead",
  managed: "clones that the server may fetch into are not served yet",
  credentialEnv: "it belongs to mirrors, which are not served yet",
  syncInterval: "it belongs to mirrors, which are not served yet; a working copy is watched",
};

/**
 * What the file of `--repos-config` lists. Relative paths start from `folder`, the file's own.
 * @throws {ConfigError} at the first mistake, with the path to the value, what was found and what is allowed.
 */
export function parseReposFile(text: string, file: string, folder: string): RepoConfig[] {
  let found: unknown;
  try {
    found = JSON.parse(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ConfigError(`${file} is not valid JSON: ${reason}`);
  }
  refuseKeysNotServedYet(found, file);
  if (!Value.Check(ReposFile, found)) throw firstMistake(found, file);
  refuseTwins(found, file);
  return found.repos.map((entry) => ({ kind: "working-copy", ...entry, path: resolve(folder, entry.path) }));
}

function refuseKeysNotServedYet(found: unknown, file: string): void {
  const repos = isRecord(found) && Array.isArray(found.repos) ? found.repos : [];
  for (const [index, entry] of repos.entries()) {
    const key = isRecord(entry) ? Object.keys(NOT_YET).find((name) => name in entry) : undefined;
    if (key) throw new ConfigError(`${file}: repos[${index}].${key} cannot be used: ${NOT_YET[key]}.`);
  }
}

function refuseTwins({ repos }: Static<typeof ReposFile>, file: string): void {
  const indexes = new Map<string, number>();
  for (const [index, { id }] of repos.entries()) {
    const first = indexes.get(id);
    if (first !== undefined) {
      throw new ConfigError(
        `${file}: repos[${index}].id is ${JSON.stringify(id)}, as is repos[${first}].id; each id must be given once.`,
      );
    }
    indexes.set(id, index);
  }
}

function firstMistake(found: unknown, file: string): ConfigError {
  // `boolean` repeats what `additionalProperties` says better.
  const error = Value.Errors(ReposFile, found).find(({ keyword }) => keyword !== "boolean");
  const steps = error?.instancePath.split("/").slice(1) ?? [];
  const where = steps.map((step) => (/^\d+$/.test(step) ? `[${step}]` : `.${step}`)).join("");
  const place = `${file}: ${where ? where.slice(1) : "the file"}`;
  if (error?.keyword === "required") {
    return new ConfigError(`${place} lacks ${quotedList(error.params.requiredProperties)}.`);
  }
  if (error?.keyword === "additionalProperties") {
    const known = steps.length === 0 ? ReposFile.properties : Entry.properties;
    return new ConfigError(
      `${place} has the unknown key ${quotedList(error.params.additionalProperties)}; allowed are ${Object.keys(known).join(", ")}.`,
    );
  }
  const shown = JSON.stringify(valueAt(found, steps)) ?? "nothing";
  const allowed = ALLOWED[steps.map((step) => `/${/^\d+$/.test(step) ? "*" : step}`).join("")];
  return new ConfigError(
    `${place} is ${shown.length > 80 ? `${shown.slice(0, 80)}…` : shown}; it must be ${allowed}.`,
  );
}

function quotedList(keys: readonly string[]): string {
  return keys.map((key) => JSON.stringify(key)).join(" and ");
}

function valueAt(found: unknown, steps: readonly string[]): unknown {
  let value = found;
  for (const step of steps) value = typeof value === "object" && value ? Reflect.get(value, step) : undefined;
  return value;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
