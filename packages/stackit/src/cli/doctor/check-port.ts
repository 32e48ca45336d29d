import { once } from "node:events";
import { createServer } from "node:net";
import { codeOf, type Finding } from "./finding.ts";

/** Whether the server could listen where it is told to. */
export async function checkPort(bind: string, port: number, signal: AbortSignal): Promise<Finding> {
  const subject = "port";
  if (port === 0) return { level: "ok", subject, detail: `a free one of ${bind} will be picked` };
  const server = createServer();
  try {
    server.listen({ host: bind, port, exclusive: true });
    await once(server, "listening", { signal });
    return { level: "ok", subject, detail: `${port} of ${bind} is free` };
  } catch (error) {
    return explain(codeOf(error), bind, port, signal);
  } finally {
    server.close();
  }
}

async function explain(code: string, bind: string, port: number, signal: AbortSignal): Promise<Finding> {
  const subject = "port";
  if (code === "EADDRINUSE") {
    if (await isStackit(bind, port, signal)) {
      return { level: "ok", subject, detail: `a Stackit server is running at ${bind}:${port}` };
    }
    return {
      level: "fail",
      subject,
      detail: `another program listens at ${bind}:${port}`,
      mend: "Choose another with --port, or --port 0 for a free one.",
    };
  }
  if (code === "EACCES") {
    return {
      level: "fail",
      subject,
      detail: `you may not listen on port ${port}`,
      mend: "Choose one from 1024 up with --port.",
    };
  }
  return {
    level: "fail",
    subject,
    detail: `${bind}:${port} cannot be listened on (${code})`,
    mend: "Give --bind an address of this machine, such as 127.0.0.1.",
  };
}

async function isStackit(bind: string, port: number, signal: AbortSignal): Promise<boolean> {
  const host =
    bind === "0.0.0.0" ? "127.0.0.1" : bind === "::" ? "[::1]" : bind.includes(":") ? `[${bind}]` : bind;
  try {
    const limit = AbortSignal.any([signal, AbortSignal.timeout(2000)]);
    const response = await fetch(`http://${host}:${port}/api/v1/config`, { signal: limit });
    const answer: unknown = await response.json();
    return typeof answer === "object" && answer !== null && "singleRepo" in answer;
  } catch {
    return false;
  }
}
