import { posix } from "node:path";
import { Marked } from "marked";
import { docsPages } from "./docs-map.ts";
import { escapeHtml } from "./html-page.ts";

export interface Heading {
  readonly id: string;
  /** HTML. */
  readonly text: string;
}

/**
 * A document of ours as HTML, with the headings of its second level. Links to documents that are pages lead there; of those to other
 * files of the project, and of pictures, the text is left.
 */
export function documentHtml(markdown: string, file: string): { body: string; headings: Heading[] } {
  const headings: Heading[] = [];
  const marked = new Marked({
    renderer: {
      heading({ tokens, depth, text }) {
        const heading = { id: slugOf(text), text: this.parser.parseInline(tokens) };
        if (depth === 2) headings.push(heading);
        return `<h${depth} id="${heading.id}">${heading.text}</h${depth}>\n`;
      },
      link({ href, tokens }) {
        const text = this.parser.parseInline(tokens);
        const target = targetOf(href, file);
        return target === undefined ? text : `<a href="${escapeHtml(target)}">${text}</a>`;
      },
      image: () => "",
      html: ({ text }) => escapeHtml(text),
    },
  });
  const html = marked.parse(markdown, { async: false });
  return {
    body: html.replaceAll("<table>", '<div class="wide"><table>').replaceAll("</table>", "</table></div>"),
    headings,
  };
}

/** As GitHub names headings, so that links work there and here. */
export function slugOf(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\p{M} _-]/gu, "")
    .replaceAll(" ", "-");
}

function targetOf(href: string, from: string): string | undefined {
  if (/^https?:/.test(href) || href.startsWith("#")) return href;
  const [path = "", fragment] = href.split("#");
  const file = posix.join(posix.dirname(from), path);
  if (file === "docs/openapi.json") return "/api/v1/openapi.json";
  const page = docsPages.find((one) => one.file === file);
  return page && (fragment === undefined ? page.path : `${page.path}#${fragment}`);
}
