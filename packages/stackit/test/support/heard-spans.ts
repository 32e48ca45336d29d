import { type RecordedSpan, recordSpans } from "./record-spans.ts";

/** Those of this process that ended. To be imported before anything of the program. */
export const heard: RecordedSpan[] = [];

recordSpans((span) => heard.push(span));
