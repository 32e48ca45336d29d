import type { LineColours } from "./colours.ts";
import type { Language } from "./languages.ts";
import { paint } from "./paint.ts";

export interface PaintJob {
  id: number;
  language: Language;
  codes: readonly string[];
}

export interface PaintedCodes {
  id: number;
  /** For each line of each code. */
  painted: readonly (readonly LineColours[])[];
}

addEventListener("message", ({ data }: MessageEvent<PaintJob>) => {
  const answer: PaintedCodes = {
    id: data.id,
    painted: data.codes.map((code) => paint(data.language, code)),
  };
  postMessage(answer);
});
