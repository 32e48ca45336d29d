import type { ObjectPool } from "../git/object-pool.ts";
import { type RecordedEdges, strongestFirst } from "../stacks/recorded-edges.ts";
import { type RefReading, SPICE_DATA } from "../stacks/ref-reading.ts";
import type { RepoSettings } from "./repo-settings.ts";
import { SpiceRecords } from "./spice-records.ts";

/** What tools keep beside a ref for each branch, from files and from objects. */
export class RecordedSources {
  readonly #spice: SpiceRecords;
  #last: {
    readonly files: readonly RecordedEdges[];
    readonly spice: RecordedEdges | undefined;
    readonly all: readonly RecordedEdges[];
  } = { files: [], spice: undefined, all: [] };

  constructor(objects: ObjectPool) {
    this.#spice = new SpiceRecords(objects);
  }

  /** Strongest first; the same list as before when it says the same. @throws {GitError} */
  async gather(
    reading: RefReading,
    { recorded: files }: RepoSettings,
    signal: AbortSignal,
  ): Promise<readonly RecordedEdges[]> {
    const spice = await this.#spice.read(reading.refs.get(SPICE_DATA), signal);
    if (this.#last.files !== files || this.#last.spice !== spice) {
      this.#last = { files, spice, all: strongestFirst(spice ? [...files, spice] : files) };
    }
    return this.#last.all;
  }
}
