import { Sign } from "../../ui/glyphs.tsx";

export function CutNote() {
  return (
    <p className="diff-bar warn">
      <Sign name="late" />
      The diff is larger than this server sends; what is missing is at its end.
    </p>
  );
}
