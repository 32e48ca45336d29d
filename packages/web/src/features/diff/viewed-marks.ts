import { useState } from "react";
import { read, write } from "../../ui/use-stored.ts";
import type { FileDiff } from "./parse-patch.ts";

/** The oldest marks of a repository are forgotten beyond so many. */
const MAX_MARKS = 2000;

/** A mark is for a file with this content, so that a push clears those of the files that it changes, and no others. */
export function markOf({ path, oldPath, kind, blobs }: FileDiff): string {
  return [path, blobs ?? `${kind} ${oldPath ?? ""}`].join("\n");
}

/** The marks with some added as the newest, or without them. */
export function changeMarks(marks: readonly string[], changed: string, viewed: boolean): string[] {
  const others = marks.filter((mark) => mark !== changed);
  return viewed ? [...others, changed].slice(-MAX_MARKS) : others;
}

export interface ViewedMarks {
  has(file: FileDiff): boolean;
  set(file: FileDiff, viewed: boolean): void;
}

/** Which files the reader has marked as viewed, in this browser. */
export function useViewedMarks(repoId: string): ViewedMarks {
  const key = `stackit.viewed.${repoId}`;
  const [marks, setMarks] = useState(() => parseMarks(read(key)));
  return {
    has: (file) => marks.includes(markOf(file)),
    set(file, viewed) {
      // Another tab may have marked others meanwhile.
      const next = changeMarks(parseMarks(read(key)), markOf(file), viewed);
      setMarks(next);
      write(key, JSON.stringify(next));
    },
  };
}

function parseMarks(stored: string | undefined): string[] {
  try {
    const marks: unknown = JSON.parse(stored ?? "[]");
    return Array.isArray(marks) ? marks.filter((mark) => typeof mark === "string") : [];
  } catch {
    return [];
  }
}
