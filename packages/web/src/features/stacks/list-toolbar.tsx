import { useBrowserLocation } from "wouter/use-browser-location";
import { count, formatNumber } from "../../lib/words.ts";
import {
  formatRoute,
  type ListSearch,
  type RepositoryRoute,
  type StateFilter,
} from "../../routes/location.ts";
import { Button, Toggle } from "../../ui/button.tsx";
import { FilterBox } from "../../ui/filter-box.tsx";
import { Segments } from "../../ui/segments.tsx";
import { parseFilter, qualifierHint } from "./filter.ts";
import type { Lanes } from "./lanes.ts";

const stateNames: Record<StateFilter, string> = {
  all: "All",
  restack: "Needs restack",
  blocked: "Blocked",
  ready: "Ready",
  draft: "Draft",
};
const states: readonly StateFilter[] = ["all", "restack", "blocked", "ready", "draft"];

export function ListToolbar({
  route,
  found,
  isSettled,
  compact,
  onCompact,
  outOfOrder,
  onResort,
}: {
  route: RepositoryRoute;
  found: Lanes;
  /** Whether what is found is what the address asks for. */
  isSettled: boolean;
  compact: boolean | undefined;
  onCompact: (compact: boolean) => void;
  outOfOrder: boolean;
  onResort: () => void;
}) {
  const [, navigate] = useBrowserLocation();
  const { list } = route;
  const search = (change: Partial<ListSearch>) =>
    navigate(formatRoute({ ...route, list: { ...list, ...change } }), {
      replace: true,
      state: history.state,
    });
  const { unknown } = parseFilter(list.q);
  const filtering = list.q !== "" || list.state !== "all";
  const shown = states.filter((state) => state === "all" || state === list.state || found.counts[state] > 0);

  return (
    <div className="list-toolbar">
      <FilterBox
        name="Filter branches"
        placeholder="Filter: words, is:restack, owner:name, #12"
        text={list.q}
        isSettled={isSettled}
        onChange={(q) => search({ q })}
      />
      {shown.length > 1 && (
        <Segments
          name="State"
          value={list.state}
          choices={shown.map((state) => ({
            value: state,
            label: (
              <>
                {stateNames[state]} <span className="count">{formatNumber(found.counts[state])}</span>
              </>
            ),
          }))}
          onChoose={(state) => search({ state })}
        />
      )}
      <span className="found meta">
        <span role="status">
          {filtering &&
            `${count(found.shownBranches, "branch", "branches")} in ${count(found.shownStacks, "stack")}`}
        </span>
        {unknown.length > 0 && (
          <span className="hint" title={qualifierHint}>
            {unknown.join(" ")} is no qualifier. {qualifierHint}
          </span>
        )}
      </span>
      {outOfOrder && (
        <Button size="small" onClick={onResort}>
          Re-sort
        </Button>
      )}
      <span className="toolbar-end">
        {compact !== undefined && (
          <Toggle size="small" look="quiet" pressed={compact} onClick={() => onCompact(!compact)}>
            Compact
          </Toggle>
        )}
        <Segments
          name="Layout"
          value={list.layout}
          choices={[
            { value: "lanes", label: "Lanes" },
            { value: "table", label: "Table" },
          ]}
          onChoose={(layout) => search({ layout })}
        />
        <Segments
          name="Group by"
          value={list.group === "none" && list.layout === "lanes" ? "stack" : list.group}
          choices={
            list.layout === "table"
              ? [
                  { value: "owner", label: "By owner" },
                  { value: "stack", label: "By stack" },
                  { value: "none", label: "Ungrouped" },
                ]
              : [
                  { value: "owner", label: "By owner" },
                  { value: "stack", label: "Stacks only" },
                ]
          }
          onChoose={(group) => search({ group })}
        />
      </span>
    </div>
  );
}
