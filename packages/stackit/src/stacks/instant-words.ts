/** As sentences of the server name a time: to the second, in UTC. */
export function instantWords(atMs: number): string {
  return new Date(atMs).toISOString().replace(/\.\d+Z$/, "Z");
}
