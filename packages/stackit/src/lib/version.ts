import { readFileSync } from "node:fs";
import { findPackageJSON } from "node:module";

/** The version of this product, from its package. */
export function productVersion(): string {
  const file = findPackageJSON(".", import.meta.url);
  const facts: unknown = file === undefined ? undefined : JSON.parse(readFileSync(file, "utf8"));
  if (typeof facts === "object" && facts && "version" in facts) return String(facts.version);
  throw new Error("package.json has no version");
}
