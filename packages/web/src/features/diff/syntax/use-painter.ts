import { useEffect, useState } from "react";
import type { FileDiff } from "../parse-patch.ts";
import { type ColouredLines, Painter } from "./painter.ts";

export function usePainter(): Painter {
  const [painter] = useState(() => new Painter());
  useEffect(() => () => painter.close(), [painter]);
  return painter;
}

/** The colours of a file, asked for when it is first `seen`. Until they are there, its lines have those that they had in the file before. */
export function useColours(painter: Painter, file: FileDiff, seen: boolean): ColouredLines | undefined {
  const [found, setFound] = useState<ColouredLines>();
  useEffect(() => {
    if (!seen) return;
    let current = true;
    void painter.paint(file)?.then((colours) => {
      if (current) setFound(colours);
    });
    return () => {
      current = false;
    };
  }, [painter, file, seen]);
  return found;
}
