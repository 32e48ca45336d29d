import { Counter, Gauge, type Registry } from "prom-client";
import type { GitActivity } from "../server-parts.ts";

export function measureGit(registry: Registry, git: GitActivity): void {
  const registers = [registry];
  new Gauge({
    name: "stackit_git_processes",
    help: "Git processes that run now. Some are kept for a while to read objects.",
    registers,
    collect() {
      this.set(git.running);
    },
  });
  new Counter({
    name: "stackit_git_processes_started_total",
    help: "Git processes that were started.",
    registers,
    collect() {
      this.reset();
      this.inc(git.started);
    },
  });
}
