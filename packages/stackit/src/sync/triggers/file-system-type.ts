import { statfs } from "node:fs/promises";

/** By the number that statfs(2) gives on Linux. None of them tells this machine what another one changed. */
const WITHOUT_EVENTS: ReadonlyMap<number, string> = new Map([
  [0x6969, "NFS"],
  [0x517b, "SMB"],
  [0xff534d42, "CIFS"],
  [0xfe534d42, "SMB2"],
  [0x01021997, "9P"],
  [0x65735546, "FUSE"],
  [0x786f4256, "a VirtualBox folder"],
  [0x6a656a63, "virtiofs"],
]);

/** The name of the file system when changes on it are not reported; undefined when they are, or when nobody knows. */
export async function fileSystemWithoutEvents(folder: string): Promise<string | undefined> {
  if (process.platform !== "linux") return undefined;
  const found = await statfs(folder).catch(() => undefined);
  return found && WITHOUT_EVENTS.get(found.type);
}
