import type { Writable } from "node:stream";
import { type DestinationStream, type Logger, pino, stdTimeFunctions } from "pino";
import type { Config } from "../config/config.ts";
import { traceOrigin } from "../lib/tracing.ts";

/** One JSON object a line; for a person at a terminal, one readable line. */
export async function createLogger(
  { environment, logLevel }: Pick<Config, "environment" | "logLevel">,
  stream: Writable & { isTTY?: boolean },
): Promise<Logger> {
  const destination: DestinationStream =
    environment === "local" && stream.isTTY
      ? await readable(stream)
      : { write: (line) => stream.write(line) };
  return pino(
    { level: logLevel, base: null, timestamp: stdTimeFunctions.isoTime, mixin: whatIsTraced },
    destination,
  );
}

/** So that a line and its trace are found from each other. */
function whatIsTraced(): object {
  const origin = traceOrigin();
  return origin ? { traceId: origin.traceId, spanId: origin.spanId } : {};
}

async function readable(stream: Writable): Promise<DestinationStream> {
  const { prettyFactory } = await import("pino-pretty");
  const format = prettyFactory({
    colorize: !process.env.NO_COLOR,
    translateTime: "SYS:HH:MM:ss",
    ignore: "pid,hostname",
    singleLine: true,
  });
  return {
    write: (line) => {
      const facts: unknown = JSON.parse(line);
      stream.write(typeof facts === "object" && facts ? format(facts) : line);
    },
  };
}
