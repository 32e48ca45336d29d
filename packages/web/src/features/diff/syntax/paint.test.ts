import { expect, test } from "vitest";
import { type Colour, colourText } from "./colours.ts";
import { languageNames, languageOf } from "./languages.ts";
import { paint } from "./paint.ts";

function colourOf(word: string, language: Parameters<typeof paint>[0], code: string): Colour | undefined {
  const lines = paint(language, code);
  for (const [index, text] of code.split("\n").entries()) {
    const piece = colourText(text, lines[index] ?? []).find((part) => part.text.includes(word));
    if (piece) return piece.colour;
  }
  return undefined;
}

test("the kinds of words of a language get colours of their own", () => {
  const code = '// note\nconst open = 12;\nfunction shut(): Promise<string> {\n  return "later";\n}';
  expect(colourOf("note", "typescript", code)).toBe("comment");
  expect(colourOf("const", "typescript", code)).toBe("keyword");
  expect(colourOf("12", "typescript", code)).toBe("number");
  expect(colourOf("shut", "typescript", code)).toBe("fn");
  expect(colourOf("Promise", "typescript", code)).toBe("type");
  expect(colourOf("later", "typescript", code)).toBe("string");
  expect(colourOf("open", "typescript", code)).toBe("plain");
});

test("a comment over several lines colours each of them", () => {
  expect(paint("go", "/* a\nb */\nfunc")).toEqual([
    [4, 6],
    [4, 6],
    [4, 1],
  ]);
});

test("what is put into a string is no string", () => {
  expect(colourOf("name", "ruby", '"hello #{name}"')).toBe("plain");
});

test("every grammar reads what is no program without an error", () => {
  const nonsense = "<<<<<<< {{ \" ' `\n\u0000 �� */ --> ]]> \\";
  for (const language of languageNames) expect(paint(language, nonsense)).toHaveLength(2);
});

test("a language is told by the ending, or by the name of a file without one", () => {
  expect(languageOf("src/shop.tsx")).toBe("typescript");
  expect(languageOf("Makefile")).toBe("makefile");
  expect(languageOf("a.py/notes.unknown")).toBeUndefined();
  expect(languageOf("constructor")).toBeUndefined();
});

test("a part of a line keeps its colours", () => {
  expect(colourText("let a = 1", [3, 1, 5, 0, 1, 3], 2, 9)).toEqual([
    { text: "t", colour: "keyword" },
    { text: " a = ", colour: "plain" },
    { text: "1", colour: "number" },
  ]);
  expect(colourText("plain", [])).toEqual([{ text: "plain", colour: "plain" }]);
});
