import { lookup } from "node:dns/promises";
import type { GithubAppConfig } from "../../config/github-app.ts";
import { onGithub } from "../../config/remote-url.ts";
import type { MirrorConfig } from "../../config/repos-file.ts";
import { codeOf, type Finding } from "./finding.ts";

/** Whether a mirror's remote has an address, and what it would be told. Contacts no remote. */
export async function checkMirror(
  { id, url, credentialEnv, namesCredentials }: MirrorConfig,
  githubApp: GithubAppConfig | undefined,
): Promise<Finding> {
  const subject = `repository ${id}`;
  try {
    await lookup(url.hostname.replace(/^\[|\]$/g, ""));
    const credentials =
      githubApp && !namesCredentials && onGithub(url, githubApp.githubUrl)
        ? "with the GitHub App where that is installed"
        : credentialEnv
          ? `with the token in ${credentialEnv}`
          : "without credentials, which is enough when it is public";
    return { level: "ok", subject, detail: `mirror of ${url.href}, ${credentials}` };
  } catch (error) {
    return {
      level: "fail",
      subject,
      detail: `no address is known for ${url.hostname} (${codeOf(error)})`,
      mend: "Check the host name in its url, and this machine's connection and DNS.",
    };
  }
}
