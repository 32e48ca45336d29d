import type { RepoNote } from "stackit/contract/repo";
import { Coded } from "../../ui/coded.tsx";
import { Sign } from "../../ui/glyphs.tsx";

/** A change that is held back is told above, with the way to let it through. */
type ShownCode = Exclude<RepoNote["code"], "held">;

const titles: Record<ShownCode, string> = {
  "no-commits": "There are no commits yet",
  "no-trunk": "No trunk was found",
  "trunk-unborn": "The trunk has no commits yet",
  "detached-head": "HEAD is detached",
  shallow: "This clone is shallow",
  partial: "This is a partial clone",
  "source-unreadable": "What a tool keeps cannot be read",
  unreadable: "The repository cannot be read",
  deleted: "The repository was deleted on its forge",
};

const grave = new Set<RepoNote["code"]>(["no-trunk", "unreadable", "deleted"]);

/** What a reader should know before believing the page. */
export function RepoNotes({ notes: all }: { notes: readonly RepoNote[] }) {
  const notes = all.flatMap(({ code, detail }) => (code === "held" ? [] : [{ code, detail }]));
  if (notes.length === 0) return null;
  return (
    <ul className="notes">
      {notes.map((note) => (
        <li key={note.code + note.detail} className={grave.has(note.code) ? "warn" : "idle"}>
          <Sign name={grave.has(note.code) ? "late" : "never"} />
          <p>
            <strong>{titles[note.code]}.</strong> <Coded text={note.detail} />
          </p>
        </li>
      ))}
    </ul>
  );
}
