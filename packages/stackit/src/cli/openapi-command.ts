import { openApiDocument } from "../http/openapi-document.ts";
import { productVersion } from "../lib/version.ts";
import { type ExitCode, printLine, type Terminal } from "./terminal.ts";

/** Prints the document that a server of this version serves at /api/v1/openapi.json. */
export async function openapiCommand(terminal: Terminal): Promise<ExitCode> {
  printLine(terminal.stdout, JSON.stringify(await openApiDocument(productVersion()), null, 2));
  return 0;
}
