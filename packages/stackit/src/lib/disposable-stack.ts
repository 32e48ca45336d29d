/** Releases what it was given, last first, each after the one before has settled. Like the language's own, which Node 22 lacks. */
export class DisposableStack implements AsyncDisposable {
  #undo: (() => unknown)[] = [];

  use<T extends AsyncDisposable>(thing: T): T {
    this.defer(() => thing[Symbol.asyncDispose]());
    return thing;
  }

  defer(undo: () => unknown): void {
    this.#undo.push(undo);
  }

  /** Everything is released even if something throws. @throws {AggregateError} of what was thrown */
  async [Symbol.asyncDispose](): Promise<void> {
    const errors: unknown[] = [];
    for (const undo of this.#undo.splice(0).reverse()) {
      try {
        await undo();
      } catch (error) {
        errors.push(error);
      }
    }
    if (errors.length > 0) throw new AggregateError(errors, "not everything could be released");
  }
}
