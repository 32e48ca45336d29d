import type { Comparison, Figure, Finding, Result, Sample } from "./measure.ts";

export function table(results: readonly Result[]): string {
  const lines = ["| branches | | Stackit | plain Git | ratio |", "|---:|---|---:|---:|---:|"];
  for (const result of results) {
    const cells = "ratio" in result ? ofComparison(result) : ofFinding(result);
    lines.push(`| ${[result.branches.toLocaleString("en"), result.scenario, ...cells].join(" | ")} |`);
  }
  return lines.join("\n");
}

function ofComparison({ product, floor, ratio }: Comparison): string[] {
  return [showSample(product), showSample(floor), ratio.toFixed(2)];
}

function ofFinding({ product, floor, aim }: Finding): string[] {
  const wanted = aim ? `aim: ${showFigure(aim)}` : "";
  return [product.map(showFigure).join(", "), floor.map(showFigure).join(", "), wanted];
}

function showSample({ medianMs, minMs, maxMs }: Sample): string {
  const digits = medianMs < 10 ? 1 : 0;
  return `${medianMs.toFixed(digits)} (${minMs.toFixed(digits)}–${maxMs.toFixed(digits)})`;
}

function showFigure([name, value, unit]: Figure): string {
  const text = Number.isInteger(value) || value >= 100 ? value.toFixed(0) : value.toFixed(1);
  return `${name} ${text}${unit === undefined ? "" : ` ${unit}`}`;
}
