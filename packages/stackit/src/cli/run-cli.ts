import { Command, CommanderError, Option } from "commander";
import { ConfigError } from "../config/config-error.ts";
import { FLAGS, type Flag, type FlagValues, twinOf, VARIABLES } from "../config/read-env.ts";
import { productVersion } from "../lib/version.ts";
import type { RepairOptions } from "./repair-command.ts";
import type { SubmitOptions } from "./submit-command.ts";
import { type ExitCode, printLine, type Terminal } from "./terminal.ts";
import type { TokenPlace, TokenWishes } from "./token-command.ts";
import { UsageError } from "./usage-error.ts";

const SERVE_HELP: Readonly<Record<Flag, readonly [value: string, text: string]>> = {
  cwd: ["DIR", "serve this working copy as repository `default` (default: the current directory)"],
  "repos-config": ["FILE", "JSON list of the repositories to serve"],
  "data-dir": ["DIR", "where mirrors and the database live (default: the platform's data folder)"],
  port: ["N", "0 picks a free one (default: 8080; PORT is read too)"],
  bind: ["ADDR", "address to listen on (default: 127.0.0.1)"],
  "base-url": ["URL", "the URL that people open, when it is not the address"],
  "read-only": ["", "nothing can be changed through this server, whoever asks"],
  auth: ["", "who wants to see anything signs in with GitHub (always so where other machines reach it)"],
  "trusted-proxy": ["CIDR,…", "addresses of reverse proxies whose X-Forwarded-* is believed"],
  "sync-interval": [
    "DUR",
    "how often a mirror asks its remote, until it knows better; 0 disables (default: 5m)",
  ],
  "sync-interval-min": ["DUR", "how often at most, while a repository is active (default: 1m)"],
  "sync-interval-max": ["DUR", "how often at least, while nothing happens there (default: 1h)"],
  "sync-timeout": ["DUR", "deadline of one run (default: 2m)"],
  settle: ["DUR", "how long a burst of changes is collected (default: 250ms)"],
  "max-syncs": ["N", "how many runs may be under way at once (default: 8)"],
  "max-syncs-per-host": ["N", "how many of them may talk to one remote host (default: 4)"],
  "shutdown-timeout": ["DUR", "how long a graceful end may take (default: 10s)"],
};

/** Runs one command to its end. Everything that went wrong has been told on stderr when this settles. */
export async function runCli(args: readonly string[], terminal: Terminal): Promise<ExitCode> {
  let exitCode: ExitCode = 0;
  const program = buildProgram(terminal, (code) => {
    exitCode = code;
  });
  try {
    await program.parseAsync([...args], { from: "user" });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    if (error instanceof ConfigError || error instanceof UsageError) {
      printLine(terminal.stderr, `error: ${error.message}`);
      return 2;
    }
    if (terminal.signal.aborted) return 130;
    throw error;
  }
}

function buildProgram(terminal: Terminal, done: (code: ExitCode) => void): Command {
  const program = new Command("stackit")
    .description("Shows the stacks of branches of Git repositories, live. Working copies are only ever read.")
    .version(productVersion())
    .showHelpAfterError("(stackit --help lists what there is)")
    .exitOverride()
    .configureOutput({
      writeOut: (text) => terminal.stdout.write(text),
      writeErr: (text) => terminal.stderr.write(text),
    });

  const serve = program
    .command("serve", { isDefault: true })
    .allowExcessArguments()
    .description("run the server (what `stackit` alone does)")
    .addHelpText(
      "after",
      `\nEach option can be given as a variable too: --port as ${twinOf("port")}.\nBy variable alone: ${VARIABLES.join(", ")}.`,
    );
  for (const flag of FLAGS) {
    const [value, text] = SERVE_HELP[flag];
    serve.addOption(new Option(value ? `--${flag} <${value}>` : `--${flag}`, text));
  }
  serve.action(async (_options, command: Command) => {
    // Whatever is no command arrives here, since serving is the default.
    const [stray] = command.args;
    if (stray !== undefined) {
      throw new UsageError(`there is no command ${JSON.stringify(stray)}; stackit --help lists them.`);
    }
    const { serveCommand } = await import("./serve-command.ts");
    done(await serveCommand(flagValues(command), terminal));
  });

  program
    .command("sync [repo]")
    .description("ask a server to look now, wait, and print what changed")
    .addOption(serverOption(terminal))
    .option("--json", "print the run as JSON")
    .option("--confirm <HOLD>", "let a held run through, by the id it was given")
    .action(async (repo: string | undefined, options: { server: string; json?: true; confirm?: string }) => {
      const { syncCommand } = await import("./sync-command.ts");
      done(await syncCommand(repo, options, terminal));
    });

  program
    .command("repair <repo>")
    .description("ask a server to read all of a mirror, mend what is wrong with it, and sync; for operators")
    .addOption(serverOption(terminal))
    .option("--reclone", "clone it anew and exchange the two, whatever its state; it is served meanwhile")
    .option("--json", "print the run as JSON")
    .action(async (repo: string, options: RepairOptions) => {
      const { repairCommand } = await import("./repair-command.ts");
      done(await repairCommand(repo, options, terminal));
    });

  program
    .command("submit [repo]")
    .description("show what would become of a stack's branches and pull requests, ask, and do it")
    .addOption(serverOption(terminal))
    .option("--stack <NAME>", "its root or any of its branches (default: the stack of the current branch)")
    .option("--dry-run", "only show the plan")
    .option("--draft", "open new pull requests as drafts")
    .option("--ready", "say of drafts that they are ready for review")
    .option("--yes", "do not ask")
    .option("--json", "print the submission as JSON, or the plan with --dry-run")
    .action(async (repo: string | undefined, options: SubmitOptions) => {
      const { submitCommand } = await import("./submit-command.ts");
      done(await submitCommand(repo, options, terminal));
    });

  program
    .command("status")
    .description("list a server's repositories and how fresh they are")
    .addOption(serverOption(terminal))
    .option("--json", "print the list as JSON")
    .action(async (options: { server: string; json?: true }) => {
      const { statusCommand } = await import("./status-command.ts");
      done(await statusCommand(options, terminal));
    });

  program
    .command("log")
    .description("draw the stacks of a working copy; reads only, needs no server")
    .option("--cwd <DIR>", "the working copy (default: the current directory)")
    .option("--json", "print the whole view as JSON")
    .option("--explain", "say of each edge who names which parent, what was believed, and why")
    .option("--wait <DUR>", "how long to look for what has landed and what restacks would do", "5s")
    .action(async (options: { cwd?: string; json?: true; explain?: true; wait: string }) => {
      const { logCommand } = await import("./log-command.ts");
      done(await logCommand(options, terminal));
    });

  const doctor = program
    .command("doctor")
    .description(
      "check git, configuration, database, permissions and ports, and say how to mend each finding",
    );
  for (const flag of FLAGS) {
    const [value] = SERVE_HELP[flag];
    doctor.addOption(new Option(value ? `--${flag} <${value}>` : `--${flag}`, "as for serve"));
  }
  doctor.action(async (_options, command: Command) => {
    const { doctorCommand } = await import("./doctor-command.ts");
    done(await doctorCommand(flagValues(command), terminal));
  });

  const token = program
    .command("token")
    .description("API tokens, by which programs may use this server; made where its data folder is");
  const dataDir = new Option("--data-dir <DIR>", "the server's data folder (default: as for serve)");
  token
    .command("create")
    .description("make a token and print it, once")
    .option("--scope <SCOPE>", "read, sync (which may read too) or metrics; may be given again", gather, [])
    .option("--repo <ID>", "a repository that it is for; may be given again", gather, [])
    .option("--all-repos", "it is for all repositories, also those that come later")
    .option("--name <NAME>", "what it is for, to know it again")
    .option("--expires <DAYS>", "when it ends, such as 30d, or never", "90d")
    .addOption(dataDir)
    .action(async (options: TokenWishes) => {
      const { createToken } = await import("./token-command.ts");
      done(await createToken(options, terminal));
    });
  token
    .command("list")
    .description("list them; what opens something is never shown again")
    .option("--json", "print the list as JSON")
    .addOption(dataDir)
    .action(async (options: TokenPlace & { json?: true }) => {
      const { listTokens } = await import("./token-command.ts");
      done(await listTokens(options, terminal));
    });
  token
    .command("revoke <ID>")
    .description("let it open nothing any more")
    .addOption(dataDir)
    .action(async (id: string, options: TokenPlace) => {
      const { revokeToken } = await import("./token-command.ts");
      done(await revokeToken(id, options, terminal));
    });

  program
    .command("openapi")
    .description("print the OpenAPI 3.1 document of the HTTP interface")
    .action(async () => {
      const { openapiCommand } = await import("./openapi-command.ts");
      done(await openapiCommand(terminal));
    });
  return program;
}

function gather(value: string, before: readonly string[]): string[] {
  return [...before, value];
}

function serverOption(terminal: Terminal): Option {
  const byDefault = terminal.env.STACKIT_SERVER || "http://127.0.0.1:8080";
  return new Option("--server <URL>", "the server to ask (variable: STACKIT_SERVER)").default(byDefault);
}

function flagValues(command: Command): FlagValues {
  const values: FlagValues = {};
  for (const flag of FLAGS) {
    const value: unknown = command.getOptionValue(
      flag.replaceAll(/-([a-z])/g, (_, letter) => letter.toUpperCase()),
    );
    if (typeof value === "string" || value === true) values[flag] = value;
  }
  return values;
}
