import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { docsPages, siteMap } from "./docs-map.ts";
import type { Heading } from "./document-html.ts";
import { escapeHtml, htmlPage } from "./html-page.ts";

/** What stands between menu and margin. `body` and the texts of `headings` are HTML; `title` is text. */
export interface DocsContent {
  /** Of the page that the menu marks. */
  readonly path: string;
  readonly title: string;
  readonly body: string;
  readonly headings?: readonly Heading[];
}

/** So few need no list of their own. */
const MIN_LISTED = 3;

/** The documentation, in the looks of the dashboard; plain where that is not built. */
export class DocsSite {
  readonly #docsDir: string | undefined;
  readonly #webDir: string | undefined;
  readonly #bodies = new Map<string, Promise<DocsContent>>();

  /** `docsDir`: holds the documents as the project's folder does. */
  constructor({ docsDir, webDir }: { readonly docsDir?: string; readonly webDir?: string }) {
    this.#docsDir = docsDir;
    this.#webDir = webDir;
  }

  /** A page that is made of a document. Undefined where there is none. */
  async document(path: string): Promise<string | undefined> {
    const page = docsPages.find((one) => one.path === path);
    if (page?.file === undefined || this.#docsDir === undefined) return undefined;
    let content = this.#bodies.get(path);
    if (!content) {
      content = read({ ...page, file: page.file }, this.#docsDir);
      content.catch(() => this.#bodies.delete(path));
      this.#bodies.set(path, content);
    }
    return this.page(await content);
  }

  /** A page around what the program writes itself. */
  async page(content: DocsContent): Promise<string> {
    const template = await this.#template();
    const title = content.title === "Stackit" ? content.title : `${content.title} · Stackit`;
    if (template === undefined) return htmlPage(title, content.body);
    const parts: Record<string, string> = { title: escapeHtml(title), content: around(content) };
    return template.replace(/\{\{(title|content)\}\}/g, (_, name: string) => parts[name] ?? "");
  }

  async #template(): Promise<string | undefined> {
    if (this.#webDir === undefined) return undefined;
    return readFile(join(this.#webDir, "docs.html"), "utf8").catch(() => undefined);
  }
}

async function read(
  { path, title, file }: { path: string; title: string; file: string },
  docsDir: string,
): Promise<DocsContent> {
  const [{ documentHtml }, markdown] = await Promise.all([
    import("./document-html.ts"),
    readFile(join(docsDir, file), "utf8"),
  ]);
  return { path, title, ...documentHtml(markdown, file) };
}

function around({ path, body, headings = [] }: DocsContent): string {
  const listed = headings.length < MIN_LISTED ? [] : headings;
  const items = listed.map(
    ({ id, text }) => `<li><a href="#${id}">${text.replace(/<\/?a\b[^>]*>/g, "")}</a></li>`,
  );
  const onThisPage =
    items.length === 0
      ? ""
      : `<nav class="docs-here" aria-label="On this page"><h2>On this page</h2><ul>${items.join("")}</ul></nav>`;
  return `<main class="docs-text" id="text">${body}</main>${onThisPage}${menu(path)}`;
}

function menu(current: string): string {
  const groups = siteMap.map(({ heading, pages }) => {
    const links = pages.map(({ path, title }) => {
      const mark = path === current ? ' aria-current="page"' : "";
      return `<li><a href="${path}"${mark}>${escapeHtml(title)}</a></li>`;
    });
    return `<h2>${heading}</h2><ul>${links.join("")}</ul>`;
  });
  return `<nav class="docs-menu" id="pages" aria-label="Documentation">${groups.join("")}</nav>`;
}
