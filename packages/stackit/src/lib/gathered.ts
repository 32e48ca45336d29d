interface Waiting<In, Out> {
  readonly item: In;
  readonly done: (answer: Out) => void;
  readonly failed: (error: unknown) => void;
}

/**
 * Makes of work on many items a function of one: what it is given within one turn of the event loop is worked on together, in the
 * order given. `work` answers each item at its index. When it rejects, so does the answer to every item that it was given.
 */
export function gathered<In, Out>(
  work: (items: readonly In[]) => Promise<readonly Out[]>,
): (item: In) => Promise<Out> {
  let waiting: Waiting<In, Out>[] = [];

  async function workOnAll(): Promise<void> {
    const those = waiting;
    waiting = [];
    try {
      const answers = await work(those.map(({ item }) => item));
      for (const [index, { done, failed }] of those.entries()) {
        const answer = answers[index];
        if (answer === undefined) failed(new Error("an item was not answered"));
        else done(answer);
      }
    } catch (error) {
      for (const { failed } of those) failed(error);
    }
  }

  return (item) =>
    new Promise((done, failed) => {
      // Not a microtask: those run between two requests that came at the same time.
      if (waiting.push({ item, done, failed }) === 1) setImmediate(() => void workOnAll());
    });
}
