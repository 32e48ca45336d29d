import { appendFileSync } from "node:fs";
import { recordSpans } from "./record-spans.ts";

// For `--import`: one line of JSON for each span.
const file = process.env.STACKIT_TEST_SPANS;
if (file !== undefined) recordSpans((span) => appendFileSync(file, `${JSON.stringify(span)}\n`));
