import { readFile } from "node:fs/promises";

/** Ticks of a process's time that Linux counts in a second. */
const TICKS_PER_SEC = 100;

/** Time that the process was on a processor so far, itself and the system for it. */
export async function cpuMsOf(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, "latin1");
  const [user = "", system = ""] = stat
    .slice(stat.lastIndexOf(")") + 2)
    .split(" ")
    .slice(11, 13);
  return ((Number(user) + Number(system)) * 1000) / TICKS_PER_SEC;
}
