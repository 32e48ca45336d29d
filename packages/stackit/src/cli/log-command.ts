import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout } from "node:timers/promises";
import { parseDurationMs } from "../config/duration.ts";
import { DirectSpawner } from "../git/spawner.ts";
import { DisposableStack } from "../lib/disposable-stack.ts";
import type { Snapshot } from "../repos/served-repo.ts";
import { WorkingCopy } from "../repos/working-copy.ts";
import { drawEdges } from "./draw-edges.ts";
import { drawStacks } from "./draw-stacks.ts";
import { type ExitCode, paintFor, printLine, type Terminal } from "./terminal.ts";
import { UsageError } from "./usage-error.ts";

export interface LogOptions {
  readonly cwd?: string;
  readonly json?: true;
  readonly explain?: true;
  /** A duration. */
  readonly wait: string;
}

/**
 * Draws the stacks of a working copy as they are on disk now, with what can be found out in the time given of what has landed and what
 * restacks would do. @throws {UsageError}
 */
export async function logCommand(options: LogOptions, terminal: Terminal): Promise<ExitCode> {
  const paint = paintFor(terminal.stdout);
  const waitMs = parseDurationMs(options.wait);
  if (waitMs === undefined || waitMs > MAX_WAIT_MS)
    throw new UsageError(
      `--wait is ${JSON.stringify(options.wait)}; it must be 0, or a duration up to 24h, such as 30s or 5m.`,
    );
  let found: { snapshot: Snapshot; isWhole: boolean };
  try {
    found = await readSnapshot(resolve(terminal.cwd, options.cwd ?? "."), waitMs, terminal.signal);
  } catch (error) {
    if (terminal.signal.aborted) return 130;
    printLine(terminal.stderr, `error: ${error instanceof Error ? error.message : String(error)}`);
    return 1;
  }
  const { snapshot, isWhole } = found;
  if (!isWhole) {
    const paintNote = paintFor(terminal.stderr);
    printLine(terminal.stderr, paintNote("yellow", `note: ${notWhole(options.wait)}`));
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

const MAX_WAIT_MS = 24 * 60 * 60 * 1000;

const notWhole = (wait: string): string =>
  `not all is known after --wait ${wait}: more branches may have landed, and some restacks were not tried.`;

async function readSnapshot(
  folder: string,
  waitMs: number,
  signal: AbortSignal,
): Promise<{ snapshot: Snapshot; isWhole: boolean }> {
  await using house = new DisposableStack();
  const trialsDir = await mkdtemp(join(tmpdir(), "stackit-log-"));
  house.defer(() => rm(trialsDir, { recursive: true, force: true }));
  const spawner = house.use(new DirectSpawner());
  const repo = house.use(new WorkingCopy(spawner, { id: "default", folder, namesPerson: true, trialsDir }));
  await repo.refresh({ signal, confirmed: new Set() });
  const late = new AbortController();
  const isWhole = await Promise.race([
    repo.settled().then(() => true),
    setTimeout(waitMs, false, { signal: AbortSignal.any([signal, late.signal]) }),
  ]).finally(() => late.abort());
  if (!repo.snapshot) throw new Error("The repository could not be read.");
  return { snapshot: repo.snapshot, isWhole };
}
