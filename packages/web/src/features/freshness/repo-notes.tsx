import type { RepoNote } from "stackit/contract/repo";
import { Coded } from "../../ui/coded.tsx";
import { Sign } from "../../ui/glyphs.tsx";

const titles: Record<RepoNote["code"], string> = {
  "no-commits": "There are no commits yet",
  "no-trunk": "No trunk was found",
  "trunk-unborn": "The trunk has no commits yet",
  "detached-head": "HEAD is detached",
  shallow: "This clone is shallow",
  partial: "This is a partial clone",
  "source-unreadable": "What a tool keeps cannot be read",
  unreadable: "The repository cannot be read",
  held: "A change is held back",
  deleted: "The repository was deleted on its forge",
};

const grave = new Set<RepoNote["code"]>(["no-trunk", "unreadable", "held", "deleted"]);

/** What a reader should know before believing the page. */
export function RepoNotes({ notes }: { notes: readonly RepoNote[] }) {
  if (notes.length === 0) return null;
  return (
    <ul className="notes">
      {notes.map((note) => (
        <li key={note.code} className={grave.has(note.code) ? "warn" : "idle"}>
          <Sign name={grave.has(note.code) ? "late" : "never"} />
          <p>
            <strong>{titles[note.code]}.</strong> <Coded text={note.detail} />
          </p>
        </li>
      ))}
    </ul>
  );
}
