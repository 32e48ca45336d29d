import { readdirSync, readFileSync } from "node:fs";
import { findPackageJSON } from "node:module";
import { basename, dirname, join } from "node:path";
import { defineConfig, type Plugin } from "vite";

const src = join(import.meta.dirname, "src");

/** They come in hundreds of files. All other dependencies are found where they were installed. */
const bundled = ["typebox", "kysely"];

/** What the package exports, by the path below `dist`. */
const contract = readdirSync(join(src, "contract"))
  .filter((file) => !file.endsWith(".test.ts"))
  .map((file) => [`contract/${basename(file, ".ts")}`, join(src, "contract", file)]);

/** What is bundled is copied, and so its license goes with it. */
function licenses(): Plugin {
  return {
    name: "licenses",
    generateBundle() {
      for (const name of bundled) {
        const folder = dirname(findPackageJSON(name, import.meta.url) ?? "");
        const file = readdirSync(folder).find((one) => /^licen[cs]e/i.test(one));
        if (file === undefined) this.error(`${name} has no license in its folder`);
        this.emitFile({
          type: "asset",
          fileName: `licenses/${name}.txt`,
          source: readFileSync(join(folder, file), "utf8"),
        });
      }
    },
  };
}

// The program in few files: opening one for each module, of which there are fifteen hundred, would be most of a start.
export default defineConfig({
  root: import.meta.dirname,
  publicDir: false,
  plugins: [licenses()],
  build: {
    ssr: true,
    ssrEmitAssets: true,
    outDir: "dist",
    emptyOutDir: true,
    target: "node22",
    minify: false,
    sourcemap: true,
    rolldownOptions: {
      input: {
        main: join(src, "main.ts"),
        "spawn-helper": join(src, "git/spawn-helper.ts"),
        ...Object.fromEntries(contract),
      },
      // Beside each other, since they find the dashboard and the documents from where they lie.
      output: { entryFileNames: "[name].js", chunkFileNames: "[name]-[hash].js" },
    },
  },
  ssr: { noExternal: bundled, resolve: { conditions: ["source"] } },
});
