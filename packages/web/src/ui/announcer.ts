import { Store } from "../lib/store.ts";

/** What a screen reader is told once, politely. The number makes an equal sentence a new one. */
export class Announcer {
  readonly latest = new Store<{ text: string; number: number }>({ text: "", number: 0 });

  readonly say = (text: string): void => {
    this.latest.set({ text, number: this.latest.get().number + 1 });
  };
}
