import { useMemo } from "react";
import { sortByIds } from "../../lib/order.ts";
import type { ListSearch, SortColumn } from "../../routes/location.ts";
import type { Lane } from "../stacks/lanes.ts";
import { useSteadyIds } from "../stacks/use-steady-order.ts";
import { tableGroups } from "./table-rows.ts";

const columns: readonly SortColumn[] = [
  "branch",
  "stack",
  "owner",
  "state",
  "review",
  "pr",
  "lines",
  "waiting",
];

/** The table while it is asked for. Its rows stay where they are while somebody reads, as lanes and stacks do. */
export function useTable(
  lanes: readonly Lane[],
  { q, state, group, layout, sort }: ListSearch,
  reading: boolean,
  height: number,
) {
  const { by, down } = sort;
  const natural = useMemo(
    () => (layout === "table" ? tableGroups(lanes, group, { by, down }, height) : []),
    [lanes, layout, group, by, down, height],
  );
  const naturalIds = useMemo(
    () => natural.flatMap(({ id, rows }) => [`group:${id}`, ...rows.map((row) => row.id)]),
    [natural],
  );
  const question = JSON.stringify([q, state, group, layout, by, down]);
  const { ids, moved, resort } = useSteadyIds(naturalIds, question, reading);
  const groups = useMemo(() => {
    if (!moved) return natural;
    return sortByIds(natural, ids, ({ id }) => `group:${id}`).map((one) => ({
      ...one,
      rows: sortByIds(one.rows, ids, ({ id }) => id),
    }));
  }, [natural, ids, moved]);
  const shown = columns.filter((column) => column !== group);
  return { groups, columns: shown, outOfOrder: moved, resort };
}
