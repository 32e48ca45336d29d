import type { BranchMetadata, ParsedMetadata } from "./branch-metadata.ts";
import type { EdgeSource } from "./edge-source.ts";
import { BRANCH_METADATA, type RefReading, STACKIT_LOCAL_METADATA, STACKIT_METADATA } from "./ref-reading.ts";

/** What one kind of ref records about branches, readable or not, living or not. */
export interface Records {
  readonly source: EdgeSource;
  readonly prefix: string;
  /** Branches that have a record. */
  readonly names: ReadonlySet<string>;
  readonly parents: ReadonlyMap<string, string>;
  readonly metadata: ReadonlyMap<string, BranchMetadata>;
  /** Why a record could not be read. */
  readonly unreadable: ReadonlyMap<string, string>;
  /** When what stands in for such a record was read. */
  readonly readAtMs: ReadonlyMap<string, number>;
}

/** What a record said the last time that it could be read. */
export interface FormerRecord {
  readonly metadata: BranchMetadata;
  readonly readAtMs: number;
}

/** What the refs of records hold. */
export interface RecordContents {
  /** Parsed blobs by object id. An id that is absent here could not be read. */
  readonly blobs: ReadonlyMap<string, ParsedMetadata>;
  /** By full ref name: what stands in for those that cannot be read. */
  readonly former?: ReadonlyMap<string, FormerRecord>;
}

export interface AllRecords {
  /** Strongest first. */
  readonly sources: readonly Records[];
  /** What Stackit keeps on this machine alone. Names no parents. */
  readonly local: Records;
}

const SOURCES = [
  { source: "stackit", prefix: STACKIT_METADATA },
  { source: "branch-metadata", prefix: BRANCH_METADATA },
] as const;
const LOCAL = { source: "stackit", prefix: STACKIT_LOCAL_METADATA } as const;

export function readAllRecords(reading: RefReading, contents: RecordContents): AllRecords {
  const read = ({ source, prefix }: Pick<Records, "source" | "prefix">): Records => {
    const records = new RecordReader(source, prefix);
    for (const [ref, oid] of reading.refs) {
      if (ref.startsWith(prefix)) records.set(ref.slice(prefix.length), oid, contents);
    }
    return records;
  };
  return { sources: SOURCES.map(read), local: read(LOCAL) };
}

export function hasRecord({ sources }: AllRecords, branch: string): boolean {
  return sources.some(({ names }) => names.has(branch));
}

/** The same after these refs changed, and whose records they are. Undefined when a record came or went. */
export function rereadRecords(
  before: AllRecords,
  reading: RefReading,
  contents: RecordContents,
  changedRefs: readonly string[],
): { readonly all: AllRecords; readonly touched: ReadonlySet<string> } | undefined {
  const touched = new Set<string>();
  let isComplete = true;
  const reread = (old: Records): Records => {
    const refs = changedRefs.filter((ref) => ref.startsWith(old.prefix));
    if (refs.length === 0) return old;
    const records = new RecordReader(old.source, old.prefix, old);
    for (const ref of refs) {
      const name = ref.slice(old.prefix.length);
      const oid = reading.refs.get(ref);
      if (oid === undefined || !old.names.has(name)) isComplete = false;
      else records.set(name, oid, contents);
      touched.add(name);
    }
    return records;
  };
  const all = { sources: before.sources.map(reread), local: reread(before.local) };
  return isComplete ? { all, touched } : undefined;
}

class RecordReader implements Records {
  readonly source: EdgeSource;
  readonly prefix: string;
  readonly names: Set<string>;
  readonly parents: Map<string, string>;
  readonly metadata: Map<string, BranchMetadata>;
  readonly unreadable: Map<string, string>;
  readonly readAtMs: Map<string, number>;

  constructor(source: EdgeSource, prefix: string, before?: Records) {
    this.source = source;
    this.prefix = prefix;
    this.names = new Set(before?.names);
    this.parents = new Map(before?.parents);
    this.metadata = new Map(before?.metadata);
    this.unreadable = new Map(before?.unreadable);
    this.readAtMs = new Map(before?.readAtMs);
  }

  set(name: string, oid: string, { blobs, former }: RecordContents): void {
    this.names.add(name);
    this.parents.delete(name);
    this.metadata.delete(name);
    this.unreadable.delete(name);
    this.readAtMs.delete(name);
    const parsed = blobs.get(oid);
    const standIn = parsed?.ok ? undefined : former?.get(this.prefix + name);
    if (!parsed?.ok) {
      this.unreadable.set(name, parsed?.detail ?? "The metadata object is not a readable blob.");
      if (standIn) this.readAtMs.set(name, standIn.readAtMs);
    }
    const metadata = parsed?.ok ? parsed.metadata : standIn?.metadata;
    if (!metadata) return;
    this.metadata.set(name, metadata);
    if (metadata.parent !== undefined) this.parents.set(name, metadata.parent);
  }
}
