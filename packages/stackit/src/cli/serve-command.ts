import type { Logger } from "pino";
import type { Config } from "../config/config.ts";
import { loadConfig } from "../config/load-config.ts";
import type { FlagValues } from "../config/read-env.ts";
import { trustNamedCertificates } from "../config/trusted-certificates.ts";
import { findGitDir } from "../git/find-git-dir.ts";
import { checkGit } from "./doctor/check-programs.ts";
import { codeOf } from "./doctor/finding.ts";
import { createLogger } from "./logger.ts";
import { type ExitCode, printLine, type Terminal } from "./terminal.ts";

/**
 * Serves until the signal aborts, and then until everything was released.
 * @throws {ConfigError} before anything was opened.
 */
export async function serveCommand(flags: FlagValues, terminal: Terminal): Promise<ExitCode> {
  trustNamedCertificates(terminal.env);
  const config = await loadConfig(flags, terminal.env, terminal.cwd);
  const obstacle = await findObstacle(config, terminal.signal);
  if (obstacle !== undefined) return refuse(obstacle, terminal);
  const { serve } = await import("../app.ts");
  const log = await createLogger(config, terminal.stderr);
  terminal.signal.addEventListener("abort", () => endInTime(config, terminal, log), { once: true });
  try {
    await serve(config, terminal.signal, log, (line) => printLine(terminal.stdout, line));
    return 0;
  } catch (error) {
    log.debug({ err: error }, "the server ended by an error");
    return refuse(explainEnd(error, config), terminal);
  }
}

/** A graceful end has its limit; what is still under way then was promised to nobody. */
function endInTime({ shutdownTimeoutMs }: Config, terminal: Terminal, log: Logger): void {
  const giveUp = (): void => {
    log.warn({ shutdownTimeoutMs }, "not everything ended in time; ending at once");
    terminal.endNow(1);
  };
  setTimeout(giveUp, shutdownTimeoutMs).unref();
}

/** What would make serving pointless, as a sentence. */
async function findObstacle({ repos }: Config, signal: AbortSignal): Promise<string | undefined> {
  const git = await checkGit(signal);
  if (git.level === "fail") return `${git.detail}. ${git.mend}`;
  const [only, ...others] = repos;
  // Of several repositories those that can be read are served; a single working copy must be there.
  if (only?.kind !== "working-copy" || others.length > 0) return undefined;
  try {
    await findGitDir(only.path);
    return undefined;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return `${reason} Start Stackit in a Git repository, or name one with --cwd.`;
  }
}

function explainEnd(error: unknown, { bind, port, dataDir }: Config): string {
  const code = codeOf(error);
  if (FOR_FILES.has(code) && !isOfListening(error)) {
    return `the data folder ${dataDir} cannot be used (${code}). Start Stackit as the user that it belongs to, or name another with --data-dir.`;
  }
  switch (code) {
    case "EADDRINUSE":
      return `port ${port} of ${bind} is taken. Choose another, such as --port ${port + 1}, or --port 0 for a free one.`;
    case "EACCES":
      return `you may not listen on port ${port}. Choose one from 1024 up with --port.`;
    case "EADDRNOTAVAIL":
    case "ENOTFOUND":
      return `${bind} is no address of this machine. Give --bind one, such as 127.0.0.1.`;
    default:
      return error instanceof Error ? error.message : String(error);
  }
}

/** What the system says of files that belong to somebody else. */
const FOR_FILES: ReadonlySet<string> = new Set(["EACCES", "EPERM", "EROFS"]);

function isOfListening(error: unknown): boolean {
  return error instanceof Error && "syscall" in error && error.syscall === "listen";
}

function refuse(sentence: string, terminal: Terminal): ExitCode {
  printLine(terminal.stderr, `error: ${sentence}`);
  return 1;
}
