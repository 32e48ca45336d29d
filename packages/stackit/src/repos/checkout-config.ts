import { type GitConfig, parseConfigList } from "../git/config-list.ts";
import type { ReadOnlyGit } from "../git/read-only-git.ts";
import { CheckoutRefusedError } from "./checkout-refusal.ts";

/** The URL of a remote, or the end of a sentence that says what is wrong with it, without quoting it. */
export type ReadUrl = (text: string) => { readonly url: URL } | { readonly mistake: string };

const NAME_IT = "or give the remote's url beside path in the file of --repos-config.";

/**
 * What the clone itself is configured with: nothing of a person's, and nothing that its files include from elsewhere.
 * @throws {GitError}
 */
export async function readOwnConfig(git: ReadOnlyGit, signal: AbortSignal): Promise<GitConfig> {
  const read = async (scope: "--local" | "--worktree"): Promise<GitConfig> => {
    const { stdout } = await git.run("config", ["--list", "--null", scope], { signal });
    return parseConfigList(stdout.toString("utf8"));
  };
  const local = await read("--local");
  if (!isTrue(local.get("extensions.worktreeconfig"))) return local;
  return new Map([...local, ...(await read("--worktree"))]);
}

/** @throws {CheckoutRefusedError} when what is configured stands in the way. */
export function refuseUnfit(config: GitConfig): void {
  if (isTrue(config.get("core.bare"))) {
    throw new CheckoutRefusedError(
      "It is configured as a bare repository.",
      "Run `git config core.bare false` in it.",
    );
  }
  if (config.has("core.worktree")) {
    throw new CheckoutRefusedError(
      "Its configuration says that its files lie elsewhere.",
      "Run `git config --unset core.worktree` in it, or hand over another clone.",
    );
  }
  if ((config.get("extensions.refstorage") ?? "files") !== "files") {
    throw new CheckoutRefusedError(
      "It keeps its refs in a format that cannot be handed over yet.",
      "Run `git refs migrate --ref-format=files` in it.",
    );
  }
  const isPartial = [...config.keys()].some((key) =>
    /^extensions\.partialclone$|^remote\..+\.promisor$/s.test(key),
  );
  if (isPartial) {
    throw new CheckoutRefusedError(
      "It is a partial clone: objects are missing that git would fetch by itself.",
      "Hand over a complete clone.",
    );
  }
}

/**
 * Where the clone says that it came from: its remote `origin`, or the only one. Rewritings of URLs are not followed.
 * @throws {CheckoutRefusedError}
 */
export function remoteUrlOf(config: GitConfig, readUrl: ReadUrl): URL {
  const names = [...config.keys()].flatMap((key) => /^remote\.(.+)\.url$/s.exec(key)?.[1] ?? []);
  const name = names.includes("origin") ? "origin" : names.length === 1 ? names[0] : undefined;
  if (name === undefined) {
    throw new CheckoutRefusedError(
      names.length === 0 ? "It has no remote." : "It has several remotes, and none is called origin.",
      `Name the one to follow origin, with \`git remote add\` or \`git remote rename\`, ${NAME_IT}`,
    );
  }
  const read = readUrl(config.get(`remote.${name}.url`) ?? "");
  if ("url" in read) return read.url;
  throw new CheckoutRefusedError(
    `The URL of its remote ${read.mistake}.`,
    `Change it with \`git remote set-url\`, ${NAME_IT}`,
  );
}

function isTrue(value: string | undefined): boolean {
  return value !== undefined && /^(true|yes|on|[1-9]\d*)$/i.test(value);
}
