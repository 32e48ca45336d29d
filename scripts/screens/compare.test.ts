import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import { difference } from "./compare.ts";

const approved = (name: string) => fileURLToPath(new URL(`../../docs/screens/${name}`, import.meta.url));

test("a picture is like itself, and what differs is said and drawn", async () => {
  const folder = await mkdtemp(join(tmpdir(), "stackit-difference-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const marked = join(folder, "marked.png");
  const [found, none] = [approved("repositories-900-light.png"), approved("repositories-none-900-light.png")];
  expect(await difference(found, found, marked)).toBeUndefined();
  expect(existsSync(marked)).toBe(false);
  expect(await difference(found, none, marked)).toMatch(/^\d+\.\d % of its pixels are others$/);
  expect(existsSync(marked)).toBe(true);
  expect(await difference(found, approved("repositories-390-light.png"), marked)).toBe(
    "390 × 900 pixels instead of 900 × 900",
  );
});
