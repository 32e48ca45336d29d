import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import type { GitConfig } from "../git/config-list.ts";
import type { EdgeSource } from "../stacks/edge-source.ts";
import {
  NO_RECORD,
  type ParsedRecord,
  type RecordedEdges,
  type ToolRecord,
} from "../stacks/recorded-edges.ts";
import { parseAv } from "../stacks/tools/av.ts";
import { parseGhStack } from "../stacks/tools/gh-stack.ts";
import { parseMachete } from "../stacks/tools/git-machete.ts";
import { readGitTown } from "../stacks/tools/git-town.ts";

interface RecordFile {
  readonly source: EdgeSource;
  /** Below the common folder. */
  readonly file: string;
  readonly parse: (text: string) => ParsedRecord;
}

const GH_STACK: RecordFile = { source: "gh-stack", file: "gh-stack", parse: parseGhStack };
const MACHETE: RecordFile = { source: "git-machete", file: "machete", parse: parseMachete };
const AV: RecordFile = { source: "av", file: "av/av.db", parse: parseAv };

export const TOOL_FILES: readonly string[] = [GH_STACK, MACHETE, AV].map(({ file }) => file);

const MAX_BYTES = 8 << 20;

/**
 * What stacking tools keep in the files of one clone, read without them. Remembers the last complete answer of each: where a file is
 * half written or no longer readable that stands, marked as outdated. A file that is gone says nothing.
 */
export class ToolRecords {
  readonly #commonDir: string;
  readonly #complete = new Map<EdgeSource, { readonly record: ToolRecord; readonly readAtMs: number }>();
  #last: readonly RecordedEdges[] = [];

  constructor(commonDir: string) {
    this.#commonDir = commonDir;
  }

  /** The same list as before when it says the same. Never rejects. */
  async read(config: GitConfig): Promise<readonly RecordedEdges[]> {
    const [ghStack, machete, av] = await Promise.all(
      [GH_STACK, MACHETE, AV].map((one) => this.#readFile(one)),
    );
    const gitTown: RecordedEdges = { source: "git-town", ...readGitTown(config) };
    const all = [ghStack, gitTown, machete, av].filter((one) => one !== undefined);
    const recorded = all.filter(({ parents, outdated }) => parents.size > 0 || outdated);
    if (!isDeepStrictEqual(this.#last, recorded)) this.#last = recorded;
    return this.#last;
  }

  async #readFile({ source, file, parse }: RecordFile): Promise<RecordedEdges | undefined> {
    const parsed = await this.#parseFile(join(this.#commonDir, file), parse);
    if (parsed?.ok) {
      this.#complete.set(source, { record: parsed.record, readAtMs: Date.now() });
      return { source, ...parsed.record };
    }
    if (!parsed) {
      this.#complete.delete(source);
      return undefined;
    }
    const before = this.#complete.get(source);
    const detail = `${file} ${parsed.detail}.`;
    return {
      source,
      ...(before?.record ?? NO_RECORD),
      outdated: { detail, ...(before && { readAtMs: before.readAtMs }) },
    };
  }

  async #parseFile(path: string, parse: RecordFile["parse"]): Promise<ParsedRecord | undefined> {
    try {
      const found = await stat(path);
      if (!found.isFile()) return { ok: false, detail: "is no file" };
      if (found.size > MAX_BYTES) return { ok: false, detail: "is too large" };
      return parse(await readFile(path, "utf8"));
    } catch (error) {
      const code = error instanceof Error && "code" in error ? error.code : undefined;
      return code === "ENOENT" || code === "ENOTDIR"
        ? undefined
        : { ok: false, detail: "could not be opened" };
    }
  }
}
