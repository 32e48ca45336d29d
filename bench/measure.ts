import { performance } from "node:perf_hooks";

export interface Sample {
  readonly medianMs: number;
  readonly minMs: number;
  readonly maxMs: number;
}

export interface Comparison {
  /** Of the repository, or of each of several. */
  readonly branches: number;
  readonly scenario: string;
  readonly product: Sample;
  readonly floor: Sample;
  /** Median of the product by median of the floor. */
  readonly ratio: number;
}

/** What a median of milliseconds does not tell: figures with their names and units, in the order in which to show them. */
export interface Finding {
  readonly branches: number;
  readonly scenario: string;
  readonly product: readonly Figure[];
  /** Empty where plain Git has nothing to compare with. */
  readonly floor: readonly Figure[];
  /** What one of the product's figures is to stay below. */
  readonly aim?: Figure;
}

export type Figure = readonly [name: string, value: number, unit?: "µs" | "ms" | "s" | "KiB" | "MiB" | "%"];

export type Result = Comparison | Finding;

export async function timeMs(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await work();
  return performance.now() - startedAt;
}

/** One round of a scenario: how long each side took, both on the same state. */
export type Round = (index: number, productFirst: boolean) => Promise<{ productMs: number; floorMs: number }>;

/** Runs both sides in turn, each going first every other time, so that noise and warm caches favour neither. */
export async function compare(
  branches: number,
  scenario: string,
  rounds: number,
  round: Round,
): Promise<Comparison> {
  const product: number[] = [];
  const floor: number[] = [];
  for (let index = 0; index < rounds; index++) {
    const { productMs, floorMs } = await round(index, index % 2 === 0);
    product.push(productMs);
    floor.push(floorMs);
  }
  const [ours, theirs] = [sample(product), sample(floor)];
  return { branches, scenario, product: ours, floor: theirs, ratio: ours.medianMs / theirs.medianMs };
}

/** Both sides in the wanted order. */
export async function inTurn(
  productFirst: boolean,
  product: () => Promise<number>,
  floor: () => Promise<number>,
): Promise<{ productMs: number; floorMs: number }> {
  if (productFirst) return { productMs: await product(), floorMs: await floor() };
  const floorMs = await floor();
  return { productMs: await product(), floorMs };
}

function sample(values: readonly number[]): Sample {
  return { medianMs: median(values), minMs: Math.min(...values), maxMs: Math.max(...values) };
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (index: number): number => sorted[index] ?? Number.NaN;
  const middle = (sorted.length - 1) / 2;
  return (at(Math.floor(middle)) + at(Math.ceil(middle))) / 2;
}

/** The value that this share of all values does not exceed. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}
