import type { ObjectPool } from "../git/object-pool.ts";
import {
  type ParsedMetadata,
  parseBranchMetadata,
  parseStackMetadata,
  type StackMetadata,
} from "../stacks/branch-metadata.ts";
import type { FormerRecord } from "../stacks/branch-records.ts";
import type { StackGraph } from "../stacks/build-graph.ts";
import {
  BRANCH_METADATA,
  type RefReading,
  STACKIT_LOCAL_METADATA,
  STACKIT_METADATA,
  STACKIT_STACKS,
} from "../stacks/ref-reading.ts";

const RECORDS = [STACKIT_METADATA, BRANCH_METADATA];
const METADATA = [...RECORDS, STACKIT_LOCAL_METADATA];
/** This many parsed blobs more than there are refs, and those that no ref names are forgotten. */
const FORGET_AT = 1_000;

/** What stacking tools recorded, parsed once for each object. Where a record is damaged, what its ref said before stands in for it. */
export class MetadataMemo {
  readonly #objects: ObjectPool;
  #records = new Map<string, ParsedMetadata>();
  #stacks = new Map<string, StackMetadata>();
  #absent: readonly string[] = [];
  readonly #readable: Map<string, FormerRecord>;
  #former: ReadonlyMap<string, FormerRecord> = new Map();

  /** `readable`: what each ref said when it was last read, kept up from now on. Whoever has it can go on with another memo. */
  constructor(objects: ObjectPool, readable: Map<string, FormerRecord>) {
    this.#objects = objects;
    this.#readable = readable;
  }

  /** Branch records by object id. An id that is absent could not be read as a blob. */
  get records(): ReadonlyMap<string, ParsedMetadata> {
    return this.#records;
  }

  /** By ref: what was last read of those that now name an object that cannot be read. A ref that is gone is none of them. */
  get former(): ReadonlyMap<string, FormerRecord> {
    return this.#former;
  }

  /** Of the objects that were last read, those that the repository does not hold. */
  get absent(): readonly string[] {
    return this.#absent;
  }

  /** Reads the objects that are new. `changedRefs`: all refs that differ from the reading of the call before. @throws {GitError} */
  async read(
    reading: RefReading,
    changedRefs: readonly string[] | undefined,
    signal: AbortSignal,
  ): Promise<void> {
    const wanted = new Set<string>();
    const wantedStacks = new Set<string>();
    for (const ref of changedRefs ?? reading.refs.keys()) {
      const oid = reading.refs.get(ref);
      if (oid === undefined) continue;
      if (ref.startsWith(STACKIT_STACKS)) {
        if (!this.#stacks.has(oid)) wantedStacks.add(oid);
      } else if (METADATA.some((prefix) => ref.startsWith(prefix)) && !this.#records.has(oid)) {
        wanted.add(oid);
      }
    }
    const asked = [...wanted, ...wantedStacks];
    const blobs = await this.#objects.read(asked, { signal });
    this.#absent = asked.filter((oid) => !blobs.has(oid));
    for (const [oid, { type, content }] of blobs) {
      if (type !== "blob" || !content) continue;
      if (wantedStacks.has(oid)) this.#stacks.set(oid, parseStackMetadata(content.toString("utf8")));
      if (wanted.has(oid)) this.#records.set(oid, parseBranchMetadata(content.toString("utf8")));
    }
    this.#keepReadable(reading, changedRefs ?? [...reading.refs.keys(), ...this.#readable.keys()]);
    if (this.#records.size > FORGET_AT + reading.refs.size) {
      const living = new Set(reading.refs.values());
      this.#records = new Map([...this.#records].filter(([oid]) => living.has(oid)));
      this.#stacks = new Map([...this.#stacks].filter(([oid]) => living.has(oid)));
    }
  }

  /** Whether these refs name other parents than the records that the graph was made of. */
  namesOtherParents(graph: StackGraph, reading: RefReading, changedRefs: readonly string[]): boolean {
    return graph.workings.records.sources.some(({ prefix, names, parents }) =>
      changedRefs.some((ref) => {
        if (!ref.startsWith(prefix)) return false;
        const name = ref.slice(prefix.length);
        const oid = reading.refs.get(ref);
        const parent = oid === undefined ? undefined : this.#parentOf(ref, oid);
        return names.has(name) !== (oid !== undefined) || parents.get(name) !== parent;
      }),
    );
  }

  /** Parents that are named and have no record of their own: the trunk, most of the time. */
  namedAsRoot(reading: RefReading): string[] {
    const named: string[] = [];
    for (const [ref, oid] of reading.refs) {
      const prefix = RECORDS.find((start) => ref.startsWith(start));
      const parent = prefix === undefined ? undefined : this.#parentOf(ref, oid);
      if (parent !== undefined && !reading.refs.has(`${prefix}${parent}`)) named.push(parent);
    }
    return named;
  }

  #parentOf(ref: string, oid: string): string | undefined {
    const parsed = this.#records.get(oid);
    return (parsed?.ok ? parsed : this.#former.get(ref))?.metadata.parent;
  }

  #keepReadable(reading: RefReading, refs: readonly string[]): void {
    const former = new Map(this.#former);
    const readAtMs = Date.now();
    for (const ref of refs) {
      if (!METADATA.some((prefix) => ref.startsWith(prefix))) continue;
      const oid = reading.refs.get(ref);
      const parsed = oid === undefined ? undefined : this.#records.get(oid);
      if (parsed?.ok) this.#readable.set(ref, { metadata: parsed.metadata, readAtMs });
      else if (oid === undefined) this.#readable.delete(ref);
      const standIn = parsed?.ok ? undefined : this.#readable.get(ref);
      if (standIn) former.set(ref, standIn);
      else former.delete(ref);
    }
    this.#former = former;
  }

  /** Stack metadata by the stack's id. */
  stacksOf(reading: RefReading): Map<string, StackMetadata> {
    const found = new Map<string, StackMetadata>();
    for (const [ref, oid] of reading.refs) {
      const metadata = ref.startsWith(STACKIT_STACKS) ? this.#stacks.get(oid) : undefined;
      if (metadata) found.set(ref.slice(STACKIT_STACKS.length), metadata);
    }
    return found;
  }
}
