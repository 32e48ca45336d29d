import type { ReadOnlyGit } from "../git/read-only-git.ts";
import { listCommitIds } from "../git/rev-list.ts";
import type { StackGraph } from "../stacks/build-graph.ts";
import type { RestackLayer } from "../stacks/restack-layers.ts";
import { trunkMerges } from "../stacks/trunk-merges.ts";
import type { RepoModel } from "./repo-model.ts";
import type { RestackPreview, RestackPreviews } from "./restack-previews.ts";

/** A trunk that was not pushed for longer is one of its own. */
const MAX_UNPUSHED = 1_000;

type Asked = Pick<RepoModel, "graph" | "history">;

/** Whether branches that are behind the trunk would still merge into it: where it was pushed to, if the two differ. */
export class MergeTrials {
  readonly #git: ReadOnlyGit;
  readonly #previews: RestackPreviews;
  /** Commits of the trunk that it does not have where it was pushed to; undefined when they are too many. */
  #unpushed: { readonly of: string; readonly oids: ReadonlySet<string> | undefined } | undefined;

  /** Of one graph, which is asked about several times. */
  #found:
    | { readonly graph: StackGraph; readonly onto: string; readonly layers: readonly RestackLayer[] }
    | undefined;

  constructor(git: ReadOnlyGit, previews: RestackPreviews) {
    this.#git = git;
    this.#previews = previews;
  }

  /** By branch, each that is behind: what is known of it by now. Undefined when it is not known which are. */
  known(model: Asked): ReadonlyMap<string, RestackPreview | undefined> | undefined {
    const layers = this.#layers(model);
    if (!layers) return undefined;
    const known = this.#previews.known(layers);
    return new Map(layers.map(({ name }) => [name, known.get(name)]));
  }

  /** Tries some of those that are not known yet. Resolves to whether all are known then. @throws {GitError} or the system's error */
  async learn(model: Asked, signal: AbortSignal): Promise<boolean> {
    const [local, pushed] = model.graph.trunk?.tips ?? [];
    if (local !== undefined && pushed !== undefined && this.#unpushed?.of !== `${local} ${pushed}`) {
      const oids = await listCommitIds(this.#git, [local], [pushed], { signal, maxCount: MAX_UNPUSHED });
      const isWhole = oids.length < MAX_UNPUSHED;
      this.#unpushed = { of: `${local} ${pushed}`, oids: isWhole ? new Set(oids) : undefined };
    }
    return this.#previews.learn(this.#layers(model) ?? [], signal);
  }

  #layers({ graph, history }: Asked): readonly RestackLayer[] | undefined {
    const [local, pushed] = graph.trunk?.tips ?? [];
    if (local === undefined) return [];
    if (pushed === undefined) return this.#mergesInto({ graph, history }, local);
    if (this.#unpushed?.of !== `${local} ${pushed}`) return undefined;
    const { oids } = this.#unpushed;
    // What stands on such a commit would bring that along.
    return oids ? this.#mergesInto({ graph, history }, pushed).filter(({ base }) => !oids.has(base)) : [];
  }

  #mergesInto({ graph, history }: Asked, onto: string): readonly RestackLayer[] {
    if (this.#found?.graph !== graph || this.#found.onto !== onto) {
      this.#found = { graph, onto, layers: trunkMerges(graph, history, onto) };
    }
    return this.#found.layers;
  }
}
