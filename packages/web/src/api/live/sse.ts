export interface SseMessage {
  name: string;
  data: string;
}

/**
 * Reads the text of an event stream, cut anywhere. `push` gives the messages that are complete by then; `position` is the
 * last id that came with one, or alone. Comments and `retry:` are skipped: the reconnecting is ours.
 */
export function createSseReader() {
  let rest = "";
  let id: string | undefined;
  let position: string | undefined;
  let name = "";
  let data: string[] = [];

  function takeLine(line: string, messages: SseMessage[]): void {
    if (line === "") {
      if (data.length > 0) messages.push({ name: name || "message", data: data.join("\n") });
      position = id;
      name = "";
      data = [];
      return;
    }
    const colon = line.indexOf(":");
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (field === "data") data.push(value);
    else if (field === "event") name = value;
    else if (field === "id" && !value.includes("\0")) id = value;
  }

  return {
    get position() {
      return position;
    },
    push(text: string): SseMessage[] {
      const messages: SseMessage[] = [];
      rest += text;
      // A carriage return at the very end may be half of a line break.
      const whole = rest.endsWith("\r") ? rest.length - 1 : rest.length;
      const lines = rest.slice(0, whole).split(/\r\n|\r|\n/);
      rest = (lines.pop() ?? "") + rest.slice(whole);
      for (const line of lines) takeLine(line, messages);
      return messages;
    },
  };
}
