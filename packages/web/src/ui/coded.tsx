import { createElement, Fragment } from "react";

/** Text of the server, in which `code` stands between backticks. */
export function Coded({ text }: { text: string }) {
  const parts = text.split(/`([^`]+)`/);
  const drawn = parts.map((part, index) => (index % 2 === 0 ? part : createElement("code", null, part)));
  return createElement(Fragment, null, ...drawn);
}
