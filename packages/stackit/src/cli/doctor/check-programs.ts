import { GitError } from "../../git/git-error.ts";
import { DirectSpawner } from "../../git/spawner.ts";
import { gitVersion, isNewEnough, OLDEST_GIT } from "../../git/version.ts";
import type { Finding } from "./finding.ts";

const OLDEST_NODE = "22.18";

export function checkNode(version: string): Finding {
  const subject = "Node";
  const [major = 0, minor = 0] = version.split(".").map(Number);
  if (major > 22 || (major === 22 && minor >= 18)) return { level: "ok", subject, detail: version };
  return {
    level: "fail",
    subject,
    detail: `${version} is too old`,
    mend: `Run Stackit with Node ${OLDEST_NODE} or newer.`,
  };
}

export async function checkGit(signal: AbortSignal): Promise<Finding> {
  const subject = "git";
  const oldest = OLDEST_GIT.join(".");
  await using spawner = new DirectSpawner();
  try {
    const version = await gitVersion(spawner, signal);
    if (isNewEnough(version)) return { level: "ok", subject, detail: version };
    return {
      level: "fail",
      subject,
      detail: `${version} is too old`,
      mend: `Install git ${oldest} or newer.`,
    };
  } catch (error) {
    if (!(error instanceof GitError)) throw error;
    const detail = error.failure === "no-git" ? "there is no git on the PATH" : error.message;
    return { level: "fail", subject, detail, mend: `Install git ${oldest} or newer.` };
  }
}
