import { createElement, Fragment } from "react";
import { Age } from "./time.tsx";
import { type ToldPart, toldParts } from "./told-parts.ts";

/** Text of the server, in which `code` stands between backticks, and in which ages stand for when something was read. */
export function Coded({ text }: { text: string }) {
  return createElement(Fragment, null, ...toldParts(text).map(drawn));
}

function drawn({ kind, text }: ToldPart) {
  if (kind === "text") return text;
  return kind === "code" ? <code>{text}</code> : <Age at={text} />;
}
