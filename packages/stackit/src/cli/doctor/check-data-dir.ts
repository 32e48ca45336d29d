import { access, constants, stat, statfs } from "node:fs/promises";
import { dirname } from "node:path";
import { codeOf, type Finding } from "./finding.ts";

const LITTLE_SPACE_BYTES = 200 * 2 ** 20;
/** With less nothing can be noted, and the server does not start. */
const NO_SPACE_BYTES = 2 ** 20;

/** Whether the data folder can be used, or made; who else may look into it; and whether its disk has room. */
export async function checkDataDir(dataDir: string): Promise<Finding[]> {
  const subject = "data folder";
  const found = await nearestExisting(dataDir);
  if (!found.isDirectory) {
    return [
      {
        level: "fail",
        subject,
        detail: `${found.path} is not a folder`,
        mend: "Move that file away, or name another folder with --data-dir.",
      },
    ];
  }
  try {
    await access(found.path, constants.W_OK | constants.X_OK);
  } catch (error) {
    return [
      {
        level: "fail",
        subject,
        detail: `${found.path} cannot be written (${codeOf(error)})${ownedBy(found.uid)}`,
        mend: "Run this as the user that the server runs as, give that one write permission there, or name another folder with --data-dir.",
      },
    ];
  }
  const isThere = found.path === dataDir;
  const findings: Finding[] = [
    { level: "ok", subject, detail: isThere ? dataDir : `${dataDir} will be made` },
    await checkSpace(found.path),
  ];
  if (isThere && process.platform !== "win32" && (found.mode & 0o077) !== 0) {
    findings.push({
      level: "warn",
      subject,
      detail: `other users of this machine may look into ${dataDir}`,
      mend: `chmod 700 '${dataDir}'`,
    });
  }
  return findings;
}

async function checkSpace(folder: string): Promise<Finding> {
  const { bavail, bsize } = await statfs(folder);
  const freeMiB = Math.floor((bavail * bsize) / 2 ** 20);
  const subject = "free space";
  const detail = freeMiB > 10_240 ? `${Math.floor(freeMiB / 1024)} GiB` : `${freeMiB} MiB`;
  const freeBytes = bavail * bsize;
  return freeBytes > LITTLE_SPACE_BYTES
    ? { level: "ok", subject, detail }
    : {
        level: freeBytes < NO_SPACE_BYTES ? "fail" : "warn",
        subject,
        detail: `only ${detail} in ${folder}`,
        mend: "Free some space on that disk.",
      };
}

function ownedBy(uid: number): string {
  const own = process.getuid?.();
  return own === undefined || own === uid ? "" : `; it belongs to user ${uid}, and this is user ${own}`;
}

interface ExistingPath {
  readonly path: string;
  readonly isDirectory: boolean;
  readonly mode: number;
  readonly uid: number;
}

async function nearestExisting(path: string): Promise<ExistingPath> {
  for (let candidate = path; ; candidate = dirname(candidate)) {
    const facts = await stat(candidate).catch(() => undefined);
    if (facts) return { path: candidate, isDirectory: facts.isDirectory(), mode: facts.mode, uid: facts.uid };
    if (dirname(candidate) === candidate) return { path: candidate, isDirectory: false, mode: 0, uid: 0 };
  }
}
