import type { PlannedBranch, SubmitPlan } from "stackit/contract/submit";
import { railColumns } from "../stacks/rail.ts";
import { railWidth } from "../stacks/rail-drawing.tsx";
import { type Choice, draftOf, type Inclusion, inclusions, titleOf, toggled } from "./choice.ts";
import { MirroredRail } from "./mirrored-rail.tsx";
import { Becomes, Obstacle, Outcome, State } from "./submit-cells.tsx";
import type { SubmitRow } from "./submit-rows.ts";

const IDLE: Inclusion = { kind: "idle" };

/** The branches, root first: what is to become of each, and then what did. */
export function SubmitTable({
  rows,
  plan,
  choice,
  changed,
  told,
  onChoice,
}: {
  rows: readonly SubmitRow[];
  plan: SubmitPlan | undefined;
  choice: Choice;
  /** Of which the plan says something else than the one before. */
  changed: ReadonlySet<string> | undefined;
  /** What went wrong for all of it, and is told above. */
  told: string | undefined;
  /** Absent while nothing can be chosen. */
  onChoice: ((choice: Choice) => void) | undefined;
}) {
  const included = plan ? inclusions(plan, choice) : new Map<string, Inclusion>();
  const columns = railColumns(rows.map(({ rail }) => rail));
  return (
    <table className="submit-table">
      <thead>
        <tr>
          <th scope="col" className="col-include">
            <span className="vh">Include</span>
          </th>
          <th scope="col" className="col-branch" style={{ paddingLeft: railWidth(columns) }}>
            Branch
          </th>
          <th scope="col" className="col-what">
            What happens
          </th>
          <th scope="col" className="col-title">
            Title
          </th>
          <th scope="col" className="col-draft">
            Draft
          </th>
          <th scope="col" className="col-base">
            Into
          </th>
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <BranchRow
            key={row.name}
            row={row}
            columns={columns}
            inclusion={included.get(row.name) ?? IDLE}
            choice={choice}
            told={told}
            isChanged={changed?.has(row.name) ?? false}
            onToggle={plan && onChoice && ((isIn) => onChoice(toggled(plan, choice, row.name, isIn)))}
            onChoice={onChoice}
          />
        ))}
      </tbody>
    </table>
  );
}

function BranchRow({
  row,
  columns,
  inclusion,
  choice,
  told,
  isChanged,
  onToggle,
  onChoice,
}: {
  row: SubmitRow;
  columns: number;
  inclusion: Inclusion;
  choice: Choice;
  told: string | undefined;
  isChanged: boolean;
  onToggle: ((isIn: boolean) => void) | undefined;
  onChoice: ((choice: Choice) => void) | undefined;
}) {
  const { name, planned, submitted } = row;
  const isIn = inclusion.kind === "in";
  const draft = planned ? draftOf(planned, choice) : false;
  const isEditable = isIn && planned?.action === "create" && onChoice !== undefined;
  return (
    <tr className={isIn || submitted ? undefined : "left-out"}>
      <td className="col-include">
        {onToggle && inclusion.kind !== "idle" && (
          <label>
            <input
              type="checkbox"
              aria-label={`Submit ${name}`}
              checked={isIn}
              onChange={(event) => onToggle(event.target.checked)}
            />
          </label>
        )}
      </td>
      <th scope="row" className="col-branch" style={{ paddingLeft: railWidth(columns) }}>
        <MirroredRail rail={row.rail} shape={row.shape} tone={row.tone} columns={columns} />
        <bdi className="mono" title={name}>
          {name}
        </bdi>{" "}
        {isChanged && <span className="chip warn">changed</span>}
      </th>
      <td className="col-what">
        {submitted ? (
          <State submitted={submitted} />
        ) : (
          planned && <Becomes branch={planned} inclusion={inclusion} draft={draft} />
        )}
      </td>
      {planned?.action === "cannot" && !submitted ? (
        <td className="col-title" colSpan={3}>
          <Obstacle branch={planned} />
        </td>
      ) : (
        <>
          <td className="col-title">
            {planned && isEditable ? (
              <TitleField branch={planned} choice={choice} onChoice={onChoice} />
            ) : (
              planned && <span className="submit-title">{titleOf(planned, choice)}</span>
            )}
            {submitted?.error && submitted.error.detail !== told && <Outcome error={submitted.error} />}
            {submitted?.warnings?.map((warning) => (
              <p key={warning} className="meta submit-warning">
                {warning}
              </p>
            ))}
          </td>
          <td className="col-draft">
            {planned && isEditable ? (
              <DraftField branch={planned} draft={draft} choice={choice} onChoice={onChoice} />
            ) : (
              draft && "Draft"
            )}
          </td>
          <td className="col-base">
            {planned && (
              <bdi className="mono cut" title={planned.base}>
                {planned.base}
              </bdi>
            )}
          </td>
        </>
      )}
    </tr>
  );
}

function TitleField({
  branch,
  choice,
  onChoice,
}: {
  branch: PlannedBranch;
  choice: Choice;
  onChoice: (choice: Choice) => void;
}) {
  const title = titleOf(branch, choice);
  return (
    <input
      type="text"
      aria-label={`Title of ${branch.name}`}
      aria-invalid={title.trim() === "" || undefined}
      maxLength={256}
      value={title}
      onChange={({ target }) =>
        onChoice({ ...choice, titles: new Map(choice.titles).set(branch.name, target.value) })
      }
    />
  );
}

function DraftField({
  branch,
  draft,
  choice,
  onChoice,
}: {
  branch: PlannedBranch;
  draft: boolean;
  choice: Choice;
  onChoice: (choice: Choice) => void;
}) {
  return (
    <label>
      <input
        type="checkbox"
        aria-label={`Draft: ${branch.name}`}
        checked={draft}
        onChange={({ target }) =>
          onChoice({ ...choice, drafts: new Map(choice.drafts).set(branch.name, target.checked) })
        }
      />
      <span aria-hidden="true">Draft</span>
    </label>
  );
}
