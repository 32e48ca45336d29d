import type { GithubAppConfig } from "../../config/github-app.ts";
import { onGithub } from "../../config/remote-url.ts";
import type { MirrorConfig } from "../../config/repos-file.ts";
import { type AboutApp, GithubApp, type Installation, type RepositoryName } from "../../forge/github-app.ts";
import { RemoteError } from "../../git/wire/remote-failure.ts";
import type { Finding } from "./finding.ts";

/** What GitHub's settings call these permissions. */
const FOR_FACTS: Readonly<Record<string, string>> = {
  pull_requests: "Pull requests",
  checks: "Checks",
  statuses: "Commit statuses",
};

type Remote = Pick<MirrorConfig, "id" | "url" | "authorization" | "credentialEnv" | "namesCredentials">;

/** Whether GitHub knows the App by its key, and whether it is installed where it is needed. Makes no token. */
export async function checkGithubApp(
  config: GithubAppConfig,
  remotes: readonly Remote[],
): Promise<Finding[]> {
  using app = new GithubApp(config);
  const subject = "GitHub App";
  try {
    const about = await app.about();
    const findings: Finding[] = [
      { level: "ok", subject, detail: `${about.name}, known at ${config.apiUrl.href}` },
    ];
    for (const remote of remotes) {
      const repository = remote.namesCredentials ? undefined : onGithub(remote.url, config.githubUrl);
      if (repository) findings.push(explain(remote, repository, about, await app.installation(repository)));
    }
    return findings;
  } catch (error) {
    if (!(error instanceof RemoteError)) throw error;
    return [{ level: "fail", subject, detail: error.message, mend: mendOf(error, config) }];
  }
}

function explain(
  { id, authorization, credentialEnv }: Remote,
  { owner, name }: RepositoryName,
  { installUrl }: AboutApp,
  installation: Installation | undefined,
): Finding {
  const subject = `repository ${id}`;
  const fullName = `${owner}/${name}`;
  if (!installation) {
    const instead =
      authorization === undefined
        ? "it is asked without credentials, which is enough when it is public"
        : `the token in ${credentialEnv} is used`;
    return {
      level: "warn",
      subject,
      detail: `the GitHub App is not installed on ${fullName}: ${instead}`,
      mend: `Install it at ${installUrl}, or add the repository to those that its installation may see.`,
    };
  }
  if (installation.isSuspended) {
    const mend = "Its owner can unsuspend it in the settings at GitHub, under GitHub Apps.";
    return {
      level: "fail",
      subject,
      detail: `the GitHub App's installation on ${fullName} is suspended`,
      mend,
    };
  }
  if (!installation.permissions.includes("contents")) {
    return {
      level: "fail",
      subject,
      detail: `the GitHub App may not read what is in ${fullName}`,
      mend: "Give it the permission Contents: Read in the App's settings, and accept that where it is installed.",
    };
  }
  const missing = Object.keys(FOR_FACTS).filter((name) => !installation.permissions.includes(name));
  if (missing.length > 0) {
    const names = missing.map((name) => FOR_FACTS[name]);
    return {
      level: "warn",
      subject,
      detail: `the GitHub App may read ${fullName}, but not all that is shown of its pull requests`,
      mend: `Give it ${names.join(", ")}, each Read-only, in the App's settings, and accept that where it is installed.`,
    };
  }
  return { level: "ok", subject, detail: `the GitHub App may read ${fullName}` };
}

function mendOf({ failure }: RemoteError, { apiUrl }: GithubAppConfig): string {
  switch (failure) {
    case "auth-failed":
      return "Compare STACKIT_GITHUB_APP_ID with the App's settings page, and make a new private key there when in doubt.";
    case "unreachable":
      return `Check this machine's connection to ${apiUrl.host}, and STACKIT_GITHUB_API_URL.`;
    case "rate-limited":
      return "Wait a while, and look again.";
    default:
      return `Check STACKIT_GITHUB_API_URL; now it is ${apiUrl.href}`;
  }
}
