// Copies the documents that a server shows at /docs beside the built program.

import { copyFileSync, mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { docsPages } from "../packages/stackit/src/http/docs-map.ts";

const root = fileURLToPath(new URL("..", import.meta.url));

for (const { file } of docsPages) {
  if (file === undefined) continue;
  const copy = join(root, "packages/stackit/dist/documents", file);
  mkdirSync(dirname(copy), { recursive: true });
  copyFileSync(join(root, file), copy);
}
