import type { Push } from "stackit/contract/pushes";
import { formatAgo } from "../../lib/durations.ts";
import { shortSha } from "../../lib/words.ts";
import { lastTwoPushes, type PushSearch } from "../../routes/location.ts";
import { useTicking } from "../../services.ts";
import { Button } from "../../ui/button.tsx";
import { Segments } from "../../ui/segments.tsx";
import type { PushPair } from "./chosen-pushes.ts";

/** Which pushes are compared, and how. */
export function PushChoice({
  pushes,
  chosen,
  mode,
  lookedAt,
  onChoose,
}: {
  pushes: readonly Push[];
  chosen: PushPair;
  mode: PushSearch["mode"];
  /** The head that the reader looked at last, as far as this browser knows. */
  lookedAt: string | undefined;
  onChoose: (next: Partial<PushSearch>) => void;
}) {
  const newest = pushes[0]?.number;
  const looked = pushes.find(({ sha, number }) => sha === lookedAt && number !== newest)?.number;
  return (
    <div className="push-choice">
      <PushSelect
        name="From push"
        pushes={pushes}
        value={chosen.from}
        onChoose={(from) => onChoose({ from })}
      />
      <PushSelect name="To push" pushes={pushes} value={chosen.to} onChoose={(to) => onChoose({ to })} />
      <div className="push-shortcuts">
        <Button size="small" look="quiet" onClick={() => onChoose({ ...lastTwoPushes, mode })}>
          Last two
        </Button>
        <Button
          size="small"
          look="quiet"
          unavailable={looked === undefined ? whyNot(lookedAt) : undefined}
          onClick={() => onChoose({ from: looked, to: newest })}
        >
          Since I last looked
        </Button>
      </div>
      <Segments
        name="What is compared"
        value={mode}
        choices={[
          { value: "range", label: "What changed in the patch" },
          { value: "tree", label: "Everything between the two trees" },
        ]}
        onChoose={(chosenMode) => onChoose({ mode: chosenMode })}
      />
    </div>
  );
}

function whyNot(lookedAt: string | undefined): string {
  return lookedAt === undefined
    ? "This browser remembers no earlier look at this branch"
    : "What you looked at last is no longer among the pushes";
}

function PushSelect({
  name,
  pushes,
  value,
  onChoose,
}: {
  name: string;
  pushes: readonly Push[];
  value: number;
  onChoose: (number: number) => void;
}) {
  const isKnown = pushes.some(({ number }) => number === value);
  return (
    <label>
      <span className="meta">{name}</span>
      <select value={value} onChange={({ currentTarget }) => onChoose(Number(currentTarget.value))}>
        {!isKnown && <option value={value}>{value} (not known)</option>}
        {pushes.map((push) => (
          <PushOption key={push.number} push={push} />
        ))}
      </select>
    </label>
  );
}

function PushOption({ push: { number, sha, at, stored } }: { push: Push }) {
  const age = useTicking((now) => (at === undefined ? "" : formatAgo(now - Date.parse(at))));
  const facts = [age, shortSha(sha), stored ? "" : "no longer stored"].filter(Boolean);
  return (
    <option value={number}>
      {number} ({facts.join(", ")})
    </option>
  );
}
