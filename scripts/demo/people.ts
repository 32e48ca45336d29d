/** Who works on the made-up shop. */
export const people = {
  maya: "Maya Lindqvist <maya@alderandfinch.example>",
  tomas: "Tomás Ferreira <tomas@alderandfinch.example>",
  priya: "Priya Raman <priya@alderandfinch.example>",
  jonas: "Jonas Weber <jonas@alderandfinch.example>",
  amara: "Amara Okafor <amara@alderandfinch.example>",
} as const;

const DAY_S = 86_400;

/** Seconds since the epoch, some days and hours before `nowSeconds`: the demo is always of this week. */
export function before(nowSeconds: number, days: number, hours = 0): number {
  return nowSeconds - days * DAY_S - hours * 3600;
}
