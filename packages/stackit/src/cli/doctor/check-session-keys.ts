import { stat } from "node:fs/promises";
import { join } from "node:path";
import { Vault } from "../../lib/vault.ts";
import type { Finding } from "./finding.ts";

const VARIABLE = "STACKIT_SESSION_KEY";

/** Whether the keys open what lies in the database, if there is one yet. Opens it for reading only. */
export async function checkSessionKeys(keys: readonly Buffer[], dataDir: string): Promise<Finding> {
  const subject = "session key";
  const sealed = await sealedIn(join(dataDir, "stackit.sqlite"));
  const vault = new Vault(keys);
  const strange = sealed.filter((text) => !vault.isKnown(text)).length;
  const old = sealed.filter((text) => vault.isOld(text)).length;
  if (strange > 0) {
    return {
      level: "warn",
      subject,
      detail: `no key opens what ${people(strange)} gave; they have to sign in again`,
      mend: `Put the key from before behind the new one in ${VARIABLE}, with a comma between them, while you still have it.`,
    };
  }
  if (old > 0) {
    return {
      level: "warn",
      subject,
      detail: `what ${people(old)} gave is still sealed with an older key`,
      mend: `Leave the older key in ${VARIABLE} until then: it is sealed anew when they next come.`,
    };
  }
  if (keys.length > 1) {
    return {
      level: "warn",
      subject,
      detail: "nothing is sealed with an older key any more",
      mend: `Leave only the first key in ${VARIABLE}.`,
    };
  }
  return { level: "ok", subject, detail: `32 bytes, which open what ${people(sealed.length)} gave` };
}

function people(count: number): string {
  return count === 1 ? "1 person" : `${count} people`;
}

/** What cannot be read is the business of another check. */
async function sealedIn(file: string): Promise<string[]> {
  if (!(await stat(file).catch(() => undefined))?.size) return [];
  try {
    const { DatabaseSync } = await import("node:sqlite");
    const database = new DatabaseSync(file, { readOnly: true, timeout: 1000 });
    try {
      const rows = database.prepare("select tokens from person where tokens is not null").all();
      return rows.map(({ tokens }) => String(tokens));
    } finally {
      database.close();
    }
  } catch {
    return [];
  }
}
