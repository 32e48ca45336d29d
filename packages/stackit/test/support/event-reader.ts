export interface ReadEvent {
  name: string;
  id?: string;
  data: Record<string, unknown>;
}

/** Reads an event stream as a browser does: the id of a block is kept even when the block holds no event. */
export class EventReader implements AsyncDisposable {
  readonly response: Response;
  /** Of the last block that had one. */
  lastId: string | undefined;
  retryMs: number | undefined;
  readonly #hangUp: AbortController;
  readonly #blocks: AsyncGenerator<string>;

  private constructor(response: Response, hangUp: AbortController) {
    this.response = response;
    this.#hangUp = hangUp;
    this.#blocks = blocksOf(response);
  }

  /** Settles when the answer's headers are there. */
  static async open(url: string, headers: Record<string, string> = {}): Promise<EventReader> {
    const hangUp = new AbortController();
    return new EventReader(await fetch(url, { headers, signal: hangUp.signal }), hangUp);
  }

  /** The next event, or undefined at the end of the stream. */
  async next(): Promise<ReadEvent | undefined> {
    for (;;) {
      const block = await this.#blocks.next();
      if (block.done) return undefined;
      const fields = new Map(block.value.split("\n").map((line) => split(line)));
      this.lastId = fields.get("id") ?? this.lastId;
      if (fields.has("retry")) this.retryMs = Number(fields.get("retry"));
      const data = fields.get("data");
      if (data === undefined) continue;
      const id = fields.get("id");
      return {
        name: fields.get("event") ?? "message",
        ...(id === undefined ? {} : { id }),
        data: JSON.parse(data),
      };
    }
  }

  async take(count: number): Promise<ReadEvent[]> {
    const events: ReadEvent[] = [];
    while (events.length < count) {
      const event = await this.next();
      if (!event) throw new Error(`the stream ended after ${events.length} of ${count} events`);
      events.push(event);
    }
    return events;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#hangUp.abort();
    await this.#blocks.return(undefined).catch(() => {});
  }
}

async function* blocksOf(response: Response): AsyncGenerator<string> {
  let rest = "";
  for await (const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    const blocks = (rest + chunk).split("\n\n");
    rest = blocks.pop() ?? "";
    yield* blocks;
  }
}

function split(line: string): [string, string] {
  const [name = "", ...value] = line.split(": ");
  return [name, value.join(": ")];
}
