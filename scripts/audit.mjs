// Asks the registry what is known to be wrong with the packages of the lock file in the current folder. Fails when there is anything,
// and when it could not be asked. A registry that has no such question is said to have none: then nothing is known, and nothing fails.
//
//   node scripts/audit.mjs
//
// Runs on Node 20 or newer, hence built-in modules only.

import { spawnSync } from "node:child_process";

/** What registries answer that take packages alone. */
const NO_SUCH_QUESTION = new Set([404, 405, 410, 501]);

const { stdout, stderr, status, error } = spawnSync("npm", ["audit", "--audit-level=low", "--json"], {
  encoding: "utf8",
  maxBuffer: 64 * 2 ** 20,
  shell: process.platform === "win32",
});
const report = parse(stdout);

if (status === 0 && report?.metadata) {
  process.stdout.write(
    `Packages checked: ${report.metadata.dependencies.total}. Known vulnerabilities: none.\n`,
  );
} else if (report?.vulnerabilities) {
  for (const { name, severity, via } of Object.values(report.vulnerabilities)) {
    const titles = via.map((one) =>
      typeof one === "string" ? `by ${one}` : `${one.range} ${one.title} ${one.url}`,
    );
    process.stderr.write(`${name} (${severity}): ${titles.join("; ")}\n`);
  }
  process.exitCode = 1;
} else if (NO_SUCH_QUESTION.has(report?.statusCode)) {
  process.stdout.write("The registry cannot be asked for known vulnerabilities, so nothing was checked.\n");
} else {
  process.stderr.write(`npm audit failed: ${report?.message ?? error?.message ?? stderr}\n`);
  process.exitCode = 1;
}

function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
