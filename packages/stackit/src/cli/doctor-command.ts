import type { Config } from "../config/config.ts";
import { ConfigError } from "../config/config-error.ts";
import { loadConfig } from "../config/load-config.ts";
import { type FlagValues, unknownVariables } from "../config/read-env.ts";
import { trustNamedCertificates } from "../config/trusted-certificates.ts";
import { checkAdopted } from "./doctor/check-adopted.ts";
import { checkDataDir } from "./doctor/check-data-dir.ts";
import { checkDatabase } from "./doctor/check-database.ts";
import { checkHooks } from "./doctor/check-hooks.ts";
import { checkMirror } from "./doctor/check-mirror.ts";
import { checkPort } from "./doctor/check-port.ts";
import { checkGit, checkNode } from "./doctor/check-programs.ts";
import { checkRepo } from "./doctor/check-repo.ts";
import type { Finding } from "./doctor/finding.ts";
import { type ExitCode, paintFor, printLine, type Terminal } from "./terminal.ts";

/** Looks at everything that `serve` with the same flags would need, changes nothing, and says how to mend what it finds. */
export async function doctorCommand(flags: FlagValues, terminal: Terminal): Promise<ExitCode> {
  const { signal } = terminal;
  const paint = paintFor(terminal.stdout);
  let failures = 0;
  const tell = (finding: Finding): void => {
    const [sign, style] = ({ ok: ["✓", "green"], warn: ["!", "yellow"], fail: ["✗", "red"] } as const)[
      finding.level
    ];
    printLine(terminal.stdout, `${paint(style, sign)} ${finding.subject}: ${finding.detail}`);
    if (finding.level !== "ok") printLine(terminal.stdout, `  → ${finding.mend}`);
    if (finding.level === "fail") failures += 1;
  };

  tell(checkNode(process.versions.node));
  const git = await checkGit(signal);
  tell(git);
  const config = await readConfig(flags, terminal, tell);
  if (config) {
    for (const finding of await checkDataDir(config.dataDir)) tell(finding);
    tell(await checkDatabase(config.dataDir));
    if (config.webhookSecrets.length > 0)
      for (const finding of await checkHooks(config.dataDir)) tell(finding);
    tell(await checkPort(config.bind, config.port, signal));
    for (const repo of git.level === "fail" ? [] : config.repos) {
      if (repo.kind === "mirror") tell(await checkMirror(repo, config, signal));
      else if (repo.kind === "adopted")
        for (const finding of await checkAdopted(repo, config, signal)) tell(finding);
      else for (const finding of await checkRepo(repo, signal)) tell(finding);
    }
    for (const finding of await checkApp(config)) tell(finding);
    for (const finding of await checkPeople(config)) tell(finding);
  }
  printLine(
    terminal.stdout,
    failures === 0
      ? "Nothing stands in the way of `stackit serve`."
      : `${failures} to mend before \`stackit serve\`.`,
  );
  return failures === 0 ? 0 : 1;
}

/** What the check is made of takes a while to load. */
async function checkApp({ githubApp, repos }: Config): Promise<Finding[]> {
  if (!githubApp) return [];
  const { checkGithubApp } = await import("./doctor/check-github-app.ts");
  const remotes = repos.flatMap((repo) =>
    repo.kind !== "working-copy" && repo.url ? [{ ...repo, url: repo.url }] : [],
  );
  return checkGithubApp(githubApp, remotes);
}

async function checkPeople(config: Config): Promise<Finding[]> {
  if (!config.signIn) return [];
  const { checkSignIn } = await import("./doctor/check-sign-in.ts");
  return checkSignIn(config.signIn, config);
}

async function readConfig(
  flags: FlagValues,
  { env, cwd }: Terminal,
  tell: (finding: Finding) => void,
): Promise<Config | undefined> {
  const subject = "configuration";
  const tellUnknown = (named: readonly string[]): void => {
    for (const name of unknownVariables(env, named)) {
      const mend = "Check its spelling, or unset it; `stackit serve --help` lists the options.";
      tell({ level: "warn", subject, detail: `nothing reads the variable ${name}`, mend });
    }
  };
  try {
    trustNamedCertificates(env);
    const config = await loadConfig(flags, env, cwd);
    tellUnknown(
      config.repos.flatMap((repo) => (repo.kind === "working-copy" ? [] : (repo.credentialEnv ?? []))),
    );
    const count = config.repos.length;
    tell({ level: "ok", subject, detail: count === 1 ? "1 repository" : `${count} repositories` });
    return config;
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    tellUnknown([]);
    tell({ level: "fail", subject, detail: error.message, mend: error.mend });
    return undefined;
  }
}
