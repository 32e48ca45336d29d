import type { NodeShape, NodeTone } from "../stacks/branch-state.ts";
import type { RailRow } from "../stacks/rail.ts";
import { RailDrawing, railWidth } from "../stacks/rail-drawing.tsx";

const HEIGHT = 44;
/** The row cuts it off. */
const ENDLESS = 10_000;

/** The rail where rows go from the trunk up: upside down, and going on below what it draws as far as its row does. */
export function MirroredRail({
  rail,
  shape,
  tone,
  columns,
}: {
  rail: RailRow;
  shape: NodeShape;
  tone: NodeTone;
  columns: number;
}) {
  const onwards = [...rail.passes, ...rail.joins].map(({ column }) => column);
  if (rail.up) onwards.push(rail.column);
  return (
    <span className="mirrored-rail" style={{ width: railWidth(columns) }}>
      <RailDrawing rail={rail} shape={shape} tone={tone} height={HEIGHT} columns={columns} isHere={false} />
      <svg aria-hidden="true" className="rail" width={railWidth(columns)} style={{ top: HEIGHT }}>
        {onwards.map((column) => (
          <path key={column} d={`M${railWidth(column + 1) - 12} 0V${ENDLESS}`} />
        ))}
      </svg>
    </span>
  );
}
