import { readFileSync } from "node:fs";

/** The version of this product, from its package. */
export function productVersion(): string {
  // Two folders up from the source as from what is built.
  const text = readFileSync(new URL("../../package.json", import.meta.url), "utf8");
  const facts: unknown = JSON.parse(text);
  if (typeof facts === "object" && facts && "version" in facts) return String(facts.version);
  throw new Error("package.json has no version");
}
