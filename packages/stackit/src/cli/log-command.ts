import { resolve } from "node:path";
import { DirectSpawner } from "../git/spawner.ts";
import type { Snapshot } from "../repos/served-repo.ts";
import { WorkingCopy } from "../repos/working-copy.ts";
import { drawEdges } from "./draw-edges.ts";
import { drawStacks } from "./draw-stacks.ts";
import { type ExitCode, paintFor, printLine, type Terminal } from "./terminal.ts";

export interface LogOptions {
  readonly cwd?: string;
  readonly json?: true;
  readonly explain?: true;
}

/** Draws the stacks of a working copy as they are on disk now. */
export async function logCommand(options: LogOptions, terminal: Terminal): Promise<ExitCode> {
  const paint = paintFor(terminal.stdout);
  let snapshot: Snapshot;
  try {
    snapshot = await readSnapshot(resolve(terminal.cwd, options.cwd ?? "."), terminal.signal);
  } catch (error) {
    if (terminal.signal.aborted) return 130;
    printLine(terminal.stderr, `error: ${error instanceof Error ? error.message : String(error)}`);
    return 1;
  }
  const view = snapshot.view();
  if (options.json) {
    printLine(terminal.stdout, JSON.stringify(view, null, 2));
    return 0;
  }
  const draw = options.explain ? drawEdges : drawStacks;
  for (const line of draw(view, paint)) printLine(terminal.stdout, line);
  // A detached HEAD is in the drawing already.
  for (const { code, detail } of snapshot.notes) {
    if (code !== "detached-head") printLine(terminal.stdout, paint("yellow", `note: ${detail}`));
  }
  return 0;
}

async function readSnapshot(folder: string, signal: AbortSignal): Promise<Snapshot> {
  await using spawner = new DirectSpawner();
  await using repo = new WorkingCopy(spawner, { id: "default", folder, namesPerson: true });
  await repo.refresh({ signal, confirmed: new Set() });
  if (!repo.snapshot) throw new Error("The repository could not be read.");
  return repo.snapshot;
}
