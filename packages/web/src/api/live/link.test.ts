import { expect, test } from "vitest";
import { advance, describeLink, firstLink, type Link, type LinkEvent, retryDelayMs } from "./link.ts";

const t0 = 1_000_000;
const silent: LinkEvent = { type: "failed", failure: { kind: "silent" }, delayMs: 500 };

/** Plays events at seconds after the start. */
function play(...steps: [seconds: number, event: LinkEvent][]): Link {
  return steps.reduce(
    (link, [seconds, event]) => advance(link, event, t0 + seconds * 1000),
    firstLink(t0, true),
  );
}

function told(link: Link, seconds: number) {
  return describeLink(link, t0 + seconds * 1000);
}

const live: [number, LinkEvent][] = [
  [0, { type: "opening" }],
  [0.1, { type: "connected" }],
  [0.2, { type: "caught-up" }],
];

test("a stream that opens at once is never anything but live", () => {
  expect(told(play(), 0.1)).toEqual({ kind: "connecting" });
  expect(told(play(...live), 60)).toEqual({ kind: "live" });
});

test("a loss is told after three seconds, not before, and gets a strip after fifteen", () => {
  const lost = play(...live, [100, silent]);
  expect(told(lost, 102)).toEqual({ kind: "live" });
  expect(told(lost, 103.5)).toMatchObject({ kind: "reconnecting", strip: false, silent: true });
  expect(told(lost, 116)).toMatchObject({ kind: "reconnecting", strip: true, since: t0 + 100_000 });
});

test("further failures do not move the time since when the page may be wrong", () => {
  const lost = play(...live, [100, silent], [101, { type: "opening" }], [104, silent]);
  expect(lost).toMatchObject({ lostAt: t0 + 100_000, failures: 2 });
});

test("a planned end that is followed by a new stream is not seen", () => {
  const ended = play(...live, [100, { type: "ended" }]);
  expect(told(ended, 100.1).kind).toBe("live");
  expect(told(advance(ended, { type: "connected" }, t0 + 100_200), 100.4).kind).toBe("live");
});

test("catching up is only told when it takes a while", () => {
  const back = play(...live, [100, silent], [110, { type: "opening" }], [110.1, { type: "connected" }]);
  expect(told(back, 110.3)).toEqual({ kind: "live" });
  expect(told(back, 111)).toEqual({ kind: "catching-up" });
  expect(told(advance(back, { type: "caught-up" }, t0 + 111_000), 111.1)).toEqual({ kind: "live" });
});

test("without a network it is offline, whatever the stream says", () => {
  const off = play(...live, [50, { type: "online", online: false }]);
  expect(told(off, 50.1)).toEqual({ kind: "offline", since: t0 + 50_000, strip: true });
});

test("a refused stream, and one that never holds, become polling", () => {
  const refused = play([1, { type: "failed", failure: { kind: "refused", status: 429 }, delayMs: 30_000 }]);
  const nextAt = t0 + 31_000;
  expect(told(refused, 2)).toEqual({ kind: "polling", everySec: 30, nextAt, isCrowded: true });
  const cut: LinkEvent = { type: "failed", failure: { kind: "cut" }, delayMs: 1 };
  expect(told(play([1, cut], [2, cut], [3, cut]), 6).kind).toBe("reconnecting");
  expect(told(play([1, cut], [2, cut], [3, cut], [4, cut], [5, cut], [6, cut]), 7).kind).toBe("polling");
});

test("a failing server is told with its request id", () => {
  const failed = play(...live, [
    10,
    { type: "failed", failure: { kind: "server", status: 502, requestId: "r1" }, delayMs: 1 },
  ]);
  expect(told(failed, 14)).toMatchObject({ kind: "server-error", requestId: "r1", strip: false });
});

test("delays double up to half a minute, jitter included, and never undercut the server's wish", () => {
  const cut = { kind: "cut" } as const;
  expect(retryDelayMs(0, 0.5, cut)).toBe(500);
  expect(retryDelayMs(3, 0.5, cut)).toBe(4000);
  expect(retryDelayMs(50, 0, cut)).toBe(22_500);
  expect(retryDelayMs(50, 0.999, cut)).toBeLessThanOrEqual(37_500);
  expect(retryDelayMs(0, 0.5, { kind: "server", retryAfterMs: 20_000 })).toBe(20_000);
});

test("where no stream is to be had, the server is asked when it says, or each half minute", () => {
  expect(retryDelayMs(0, 0.9, { kind: "refused", retryAfterMs: 20_000 })).toBe(20_000);
  expect(retryDelayMs(0, 0.9, { kind: "refused", retryAfterMs: 0 })).toBe(5000);
  expect(retryDelayMs(9, 0.1, { kind: "refused" })).toBe(30_000);
});

test("where nobody is signed in, it is seldom asked", () => {
  expect(retryDelayMs(0, 0.5, { kind: "signed-out", status: 401 })).toBe(60_000);
});

test("a server that is gone is looked for at least every ten seconds or so", () => {
  expect(retryDelayMs(50, 0.5, { kind: "silent" })).toBe(10_000);
});
