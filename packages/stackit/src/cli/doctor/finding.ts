/** One thing that was looked at. `mend` says what to do, and is there whenever `level` is not `ok`. */
export type Finding =
  | { readonly level: "ok"; readonly subject: string; readonly detail: string }
  | {
      readonly level: "warn" | "fail";
      readonly subject: string;
      readonly detail: string;
      readonly mend: string;
    };

export function codeOf(error: unknown): string {
  if (error instanceof Error) return "code" in error ? String(error.code) : error.message;
  return String(error);
}
