import { common, createLowlight } from "lowlight";
import { type Colour, colours, type LineColours } from "./colours.ts";
import { type Language, languageNames } from "./languages.ts";

const grammars = Object.fromEntries(
  languageNames.flatMap((name) => {
    const grammar = common[name];
    return grammar ? [[name, grammar] as const] : [];
  }),
);
const lowlight = createLowlight(grammars);

type Node = ReturnType<typeof lowlight.highlight>["children"][number];

/** The colours of each line of `code`. Never throws: what cannot be read stays plain. */
export function paint(language: Language, code: string): LineColours[] {
  const lines: number[][] = [[]];
  const visit = (node: Node, colour: Colour): void => {
    if (node.type === "text") {
      for (const [index, text] of node.value.split("\n").entries()) {
        if (index > 0) lines.push([]);
        if (text !== "") append(lines.at(-1) ?? [], text.length, colour);
      }
    } else if (node.type === "element") {
      const own = colourOf(node.properties.className);
      for (const child of node.children) visit(child, own ?? colour);
    }
  };
  for (const node of lowlight.highlight(language, code).children) visit(node, "plain");
  return lines;
}

function append(line: number[], length: number, colour: Colour): void {
  const number = colours.indexOf(colour);
  const last = line.length - 1;
  if (line[last] === number) line[last - 1] = (line[last - 1] ?? 0) + length;
  else line.push(length, number);
}

/** What the grammars call a piece of code, in the six colours that there are; a title goes by its second name. */
const colourByName: Record<string, Colour> = {
  keyword: "keyword",
  "selector-tag": "keyword",
  name: "keyword",
  language_: "keyword",
  bullet: "keyword",
  operator: "plain",
  string: "string",
  regexp: "string",
  link: "string",
  code: "string",
  char: "string",
  symbol: "string",
  subst: "plain",
  number: "number",
  literal: "number",
  constant_: "number",
  type: "type",
  class_: "type",
  built_in: "type",
  attr: "type",
  attribute: "type",
  "template-variable": "type",
  function_: "fn",
  title: "fn",
  section: "fn",
  "selector-class": "fn",
  "selector-id": "fn",
  "selector-pseudo": "fn",
  "selector-attr": "fn",
  comment: "comment",
  quote: "comment",
  meta: "comment",
  doctag: "comment",
};

function colourOf(className: unknown): Colour | undefined {
  if (!Array.isArray(className)) return undefined;
  for (const name of className.toReversed()) {
    const colour = colourByName[String(name).replace(/^hljs-/, "")];
    if (colour) return colour;
  }
  return undefined;
}
