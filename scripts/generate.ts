// Writes again what is generated from the sources and kept in the repository. CI fails when that changes a file.

import { writeFileSync } from "node:fs";
import { openApiDocument } from "../packages/stackit/src/http/openapi-document.ts";
import { productVersion } from "../packages/stackit/src/lib/version.ts";

const document = JSON.stringify(await openApiDocument(productVersion()), null, 2);
writeFileSync(new URL("../docs/openapi.json", import.meta.url), `${document}\n`);
