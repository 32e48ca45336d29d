import type { SyncRun } from "stackit/contract/sync-run";
import { count } from "../../lib/words.ts";
import type { GlyphName } from "../../ui/glyphs.tsx";
import type { Tone } from "../freshness/freshness-words.ts";
import { progressWords } from "../freshness/progress-words.ts";
import { refCount } from "../freshness/sync-flow.ts";
import { hasChanged } from "./group-runs.ts";

export interface RunWords {
  sign: GlyphName;
  tone: Tone;
  word: string;
  /** What came of it, in short. */
  effect?: string | undefined;
}

export function describeRun(run: SyncRun): RunWords {
  const { state, outcome, progress, error, recloned, repair } = run;
  if (state === "queued") return { sign: "queued", tone: "idle", word: "Queued" };
  if (state === "running") {
    const effect = progress && progressWords(progress).step;
    return { sign: "running", tone: "run", word: "Running", ...(effect && { effect }) };
  }
  switch (outcome) {
    case "updated":
      if (hasChanged(run)) return { sign: "ok", tone: "ok", word: "Changed", effect: changes(run) };
      return { sign: "ok", tone: "ok", word: "Read", effect: recloned ? "cloned anew" : "first reading" };
    case "partial":
      return { sign: "late", tone: "warn", word: "In part", effect: changes(run) };
    case "held":
      return { sign: "paused", tone: "warn", word: "Held", effect: "most branches would vanish" };
    case "failed":
      if (error?.code === "sync/cancelled") return { sign: "paused", tone: "idle", word: "Cancelled" };
      return { sign: "failing", tone: "bad", word: "Failed", effect: error?.title };
    default:
      return { sign: "ok", tone: "idle", word: "No change", ...(repair && { effect: "every object read" }) };
  }
}

function changes(run: SyncRun): string {
  const refs = refCount(run);
  return refs > 0 ? count(refs, "ref") : "stacks only";
}
