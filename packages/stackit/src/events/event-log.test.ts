import fc from "fast-check";
import { expect, test } from "vitest";
import type { LoggedEvent } from "../contract/events.ts";
import { EventLog, type EventReader } from "./event-log.ts";

function switched(to: string, repoId = "a"): LoggedEvent {
  return { name: "branch_switched", data: { repoId, from: "", to, timestamp: "2026-01-01T00:00:00.000Z" } };
}

/** Notes the `to` of each event it is told, and `resync`. */
class NotingReader implements EventReader {
  readonly heard: string[] = [];
  lastPosition: string | undefined;

  event(frame: Buffer): void {
    const [, id, name, data] = /^(?:id: (.+)\n)?event: (.+)\ndata: (.+)\n\n$/.exec(frame.toString()) ?? [];
    expect(name).toBe("branch_switched");
    this.lastPosition = id ?? this.lastPosition;
    this.heard.push(JSON.parse(data ?? "").to);
  }

  resync(position: string): void {
    this.lastPosition = position;
    this.heard.push("resync");
  }
}

test("a frame is what an event stream carries, with its position as the id", () => {
  const log = new EventLog();
  const frames: Buffer[] = [];
  log.subscribe({}, { event: (frame) => frames.push(frame), resync: () => {} });
  const position = log.append(switched("topic\n\nid: evil"));
  expect(position).toMatch(/^[\w-]{22}$/);
  expect(frames.map(String)).toEqual([
    `id: ${position}\nevent: branch_switched\ndata: {"repoId":"a","from":"","to":"topic\\n\\nid: evil","timestamp":"2026-01-01T00:00:00.000Z"}\n\n`,
  ]);
});

test("positions tell nobody what lies between them, nor that nothing does", () => {
  const log = new EventLog();
  const [before, again] = [log.position, log.position];
  expect(again).not.toBe(before);
  const first = log.append(switched("1"));
  for (const since of [before, again]) {
    const reader = new NotingReader();
    log.subscribe({ since }, reader);
    expect(reader.heard).toEqual(["1"]);
  }
  const reader = new NotingReader();
  log.subscribe({ since: first }, reader);
  expect(reader.heard).toEqual([]);
});

test("all readers share one frame", () => {
  const log = new EventLog();
  const frames = new Set<Buffer>();
  for (let i = 0; i < 3; i++) log.subscribe({}, { event: (frame) => frames.add(frame), resync: () => {} });
  log.append(switched("x"));
  expect(frames.size).toBe(1);
});

test("a reader that comes back hears what it missed, each once and in order, then what is live", () => {
  fc.assert(
    fc.property(
      fc.array(fc.record({ stay: fc.nat({ max: 5 }), away: fc.nat({ max: 5 }) }), { maxLength: 10 }),
      (visits) => {
        const log = new EventLog({ maxEvents: 5 });
        const reader = new NotingReader();
        const said: string[] = [];
        const say = (times: number) => {
          for (let i = 0; i < times; i++) {
            said.push(String(said.length));
            log.append(switched(String(said.length - 1)));
          }
        };
        reader.lastPosition = log.position;
        for (const { stay, away } of visits) {
          const end = log.subscribe({ since: reader.lastPosition ?? "" }, reader);
          say(stay);
          end();
          say(away);
        }
        log.subscribe({ since: reader.lastPosition ?? "" }, reader);
        expect(reader.heard).toEqual(said);
      },
    ),
  );
});

test.each([
  ["of another process", () => new EventLog().position],
  ["that is no position", () => "b-1e0"],
  ["that is made up", () => "A".repeat(22)],
  ["that is empty", () => ""],
  ["whose next event is no longer kept", (log: EventLog) => log.position],
])("a reader with a position %s is told to start over and hears on", (_, sinceIn) => {
  const log = new EventLog({ maxEvents: 2 });
  const since = sinceIn(log);
  for (const to of ["1", "2", "3"]) log.append(switched(to));
  const reader = new NotingReader();
  log.subscribe({ since }, reader);
  expect(reader.heard).toEqual(["resync"]);
  log.append(switched("4"));
  expect(reader.heard).toEqual(["resync", "4"]);
  const next = new NotingReader();
  log.subscribe({ since: reader.lastPosition ?? "" }, next);
  expect(next.heard).toEqual([]);
});

test("a reader without a position begins with the next event", () => {
  const log = new EventLog();
  log.append(switched("before"));
  const reader = new NotingReader();
  log.subscribe({}, reader);
  log.append(switched("after"));
  expect(reader.heard).toEqual(["after"]);
});

test("what the filter refuses is passed over, live and replayed", () => {
  const log = new EventLog();
  const start = log.position;
  const live = new NotingReader();
  const replayed = new NotingReader();
  const filter = ({ repoId }: { repoId: string }) => repoId === "mine";
  log.subscribe({ filter }, live);
  log.append(switched("1", "mine"));
  log.append(switched("2", "theirs"));
  log.append(switched("3", "mine"));
  log.subscribe({ since: start, filter }, replayed);
  expect([live.heard, replayed.heard]).toEqual([
    ["1", "3"],
    ["1", "3"],
  ]);
});

test("events that a reader causes reach every reader in the same order", () => {
  const log = new EventLog();
  const heard: string[][] = [[], [], []];
  let echoes = 0;
  for (const notes of heard) {
    log.subscribe(
      {},
      {
        event: (frame) => {
          notes.push(frame.toString());
          if (++echoes < 9) log.append(switched("echo"));
        },
        resync: () => {},
      },
    );
  }
  log.append(switched("call"));
  expect(heard[0]).toHaveLength(9);
  expect(heard[1]).toEqual(heard[0]);
  expect(heard[2]).toEqual(heard[0]);
});

test("who unsubscribes while being told hears nothing more", () => {
  const log = new EventLog();
  let told = 0;
  const end = log.subscribe(
    {},
    {
      event: () => {
        told++;
        log.append(switched("while telling"));
        end();
      },
      resync: () => {},
    },
  );
  log.append(switched("1"));
  log.append(switched("2"));
  expect(told).toBe(1);
  expect(log.readers).toBe(0);
});

test("a reader that throws is let go and reported, and others hear on", () => {
  const errors: unknown[] = [];
  const log = new EventLog({ onError: (error) => errors.push(error) });
  const broken = new Error("broken");
  log.subscribe(
    {},
    {
      event: () => {
        throw broken;
      },
      resync: () => {},
    },
  );
  const reader = new NotingReader();
  log.subscribe({}, reader);
  log.append(switched("1"));
  log.append(switched("2"));
  expect(reader.heard).toEqual(["1", "2"]);
  expect(errors).toEqual([broken]);
});

test("what is passed on reaches who listens, and takes no place from what is kept", () => {
  const log = new EventLog({ maxEvents: 2 });
  const start = log.position;
  const live = new NotingReader();
  log.subscribe({ filter: ({ repoId }) => repoId === "a" }, live);
  log.append(switched("1"));
  for (let i = 0; i < 50; i++) log.passOn(switched(`on its way ${i}`, i < 2 ? "a" : "b"));
  const second = log.append(switched("2"));
  expect(live.heard).toEqual(["1", "on its way 0", "on its way 1", "2"]);
  expect(live.lastPosition).toBe(second);
  const later = new NotingReader();
  log.subscribe({ since: start }, later);
  expect(later.heard).toEqual(["1", "2"]);
});

test("what is passed on while a reader is told something else does not overtake it", () => {
  const log = new EventLog();
  const heard: string[] = [];
  log.subscribe(
    {},
    {
      event: (frame) => {
        heard.push(/"to":"(.*?)"/.exec(frame.toString())?.[1] ?? "");
        if (heard.length > 2) return;
        log.append(switched(`follows ${heard.length}`));
        log.passOn(switched("overtakes"));
      },
      resync: () => {},
    },
  );
  log.passOn(switched("first"));
  expect(heard).toEqual(["first", "follows 1", "follows 2"]);
});

test("large events push old ones out, so that memory stays bounded", () => {
  const log = new EventLog({ maxBytes: 10_000 });
  const positions = Array.from({ length: 10 }, () => log.append(switched("x".repeat(2_000))));
  const reader = new NotingReader();
  log.subscribe({ since: positions[5] ?? "" }, reader);
  expect(reader.heard).toHaveLength(4);
  const late = new NotingReader();
  log.subscribe({ since: positions[4] ?? "" }, late);
  expect(late.heard).toEqual(["resync"]);
});

test("what was forgotten of a repository is told to nobody, and who missed it is told so", () => {
  const log = new EventLog();
  const start = log.position;
  log.append(switched("hidden", "b"));
  const middle = log.position;
  log.append(switched("shown"));
  log.forget("b");
  const [early, late] = [new NotingReader(), new NotingReader()];
  log.subscribe({ since: start }, early);
  log.subscribe({ since: middle }, late);
  log.append(switched("anew", "b"));
  expect([early.heard, late.heard]).toEqual([
    ["resync", "anew"],
    ["shown", "anew"],
  ]);
});
