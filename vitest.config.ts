import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";
import { TallyReporter } from "./scripts/tally-reporter.ts";

/** Workspaces are imported from their sources, so a test never sees an old build. */
const conditions = ["source", "module", "node", "development|production"];

function project(name: string, include: string[], timeoutMs: number, globalSetup: string[] = []) {
  return {
    extends: true as const,
    test: {
      name,
      include,
      testTimeout: timeoutMs,
      hookTimeout: timeoutMs,
      globalSetup,
      // What is waited for may take long on a busy machine; only what never comes is a failure.
      expect: { poll: { timeout: timeoutMs / 2 } },
    },
  };
}

export default defineConfig({
  resolve: { conditions },
  // What tests import is read by Node itself, for which modules that are made for bundlers are not.
  ssr: { resolve: { conditions: conditions.filter((condition) => condition !== "module") } },
  test: {
    environment: "node",
    // Most tests wait for processes of their own, so two files at once pay on two cores, too.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    globalSetup: ["packages/stackit/test/support/secret-watch.ts"],
    reporters: ["default", new TallyReporter()],
    projects: [
      project(
        "unit",
        ["packages/*/src/**/*.test.{ts,tsx}", "scripts/{,demo/}*.test.ts", "bench/**/*.test.ts"],
        20_000,
      ),
      project("git", ["packages/stackit/test/git/**/*.test.ts"], 60_000),
      project("server", ["packages/stackit/test/server/**/*.test.ts"], 60_000),
      project(
        "browser",
        ["packages/stackit/test/browser/**/*.test.ts", "scripts/screens/*.test.ts"],
        120_000,
        ["packages/stackit/test/support/browser-setup.ts"],
      ),
    ],
  },
});
