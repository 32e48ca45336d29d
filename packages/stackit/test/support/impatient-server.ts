import { parseArgs } from "node:util";
import { pino } from "pino";
import { serve } from "../../src/app.ts";
import { loadConfig } from "../../src/config/load-config.ts";
import { FLAGS } from "../../src/config/read-env.ts";

/** `stackit serve` that looks at a held loss again after SECOND_LOOK_MS, which no flag sets. */
const options = Object.fromEntries(FLAGS.map((flag) => [flag, { type: "string" as const }]));
const { values } = parseArgs({ options, allowPositionals: true });
const config = await loadConfig(values, process.env, process.cwd());
await serve(
  { ...config, secondLookMs: Number(process.env.SECOND_LOOK_MS) },
  new AbortController().signal,
  pino({ level: "silent" }),
  (line) => process.stdout.write(`${line}\n`),
);
