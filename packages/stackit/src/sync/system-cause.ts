/** What the machine had no more of, or did not allow. */
export type SystemCause = "disk-full" | "no-room" | "not-permitted";

const OF_SYSTEM: Readonly<Record<string, SystemCause>> = {
  ENOSPC: "disk-full",
  EDQUOT: "disk-full",
  EACCES: "not-permitted",
  EPERM: "not-permitted",
  EROFS: "not-permitted",
  EAGAIN: "no-room",
  EMFILE: "no-room",
  ENFILE: "no-room",
  ENOMEM: "no-room",
};

/** What the store's database says of a full disk. */
const SQLITE_FULL = 13;

/** Undefined when the machine is not to blame, as far as the error tells. */
export function systemCause(error: unknown): SystemCause | undefined {
  if (!(error instanceof Error)) return undefined;
  if ("errcode" in error && error.errcode === SQLITE_FULL) return "disk-full";
  return "code" in error ? OF_SYSTEM[String(error.code)] : undefined;
}
