import fc from "fast-check";
import { expect, test } from "vitest";
import { type FetchProgress, FetchProgressReader, parseProgress } from "./fetch-progress.ts";
import { MAX_STDERR_BYTES } from "./spawner.ts";

test.each([
  ["remote: Enumerating objects: 270, done.        ", { phase: "counting", objects: 270 }],
  ["remote: Counting objects:   1% (3/270)        ", { phase: "counting", objects: 3, totalObjects: 270 }],
  [
    "remote: Compressing objects: 100% (12/12), done.        ",
    { phase: "compressing", objects: 12, totalObjects: 12 },
  ],
  [
    "Receiving objects:  45% (123/270), 3.20 MiB | 1.00 MiB/s",
    { phase: "receiving", objects: 123, totalObjects: 270, bytes: 3_355_443 },
  ],
  ["Receiving objects:   0% (1/270)", { phase: "receiving", objects: 1, totalObjects: 270 }],
  [
    "Receiving objects: 100% (3/3), 250 bytes | 250.00 KiB/s, done.",
    { phase: "receiving", objects: 3, totalObjects: 3, bytes: 250 },
  ],
  [
    "Resolving deltas:  50% (294/588), completed with 3 local objects.",
    { phase: "resolving", objects: 294, totalObjects: 588 },
  ],
  ["Checking connectivity: 4321", { phase: "checking", objects: 4321 }],
])("%s", (line, progress) => {
  expect(parseProgress(line)).toEqual(progress);
});

test.each([
  "fatal: unable to access 'https://example.com/': Could not resolve host: example.com",
  "remote: Receiving objects:  99% (99/100), 1.00 GiB | 1.00 GiB/s",
  "remote: Repository not found.",
  "Receiving objects: soon",
  "constructor: 1",
])("%s is no progress", (line) => {
  expect(parseProgress(line)).toBeUndefined();
});

const SAID = [
  "remote: Enumerating objects: 1800, done.        \n",
  "remote: Counting objects: 100% (1800/1800)        \rremote: Counting objects: 100% (1800/1800), done.        \n",
  "remote: The café is closed on Mondays.\n",
  "Receiving objects:   0% (1/1800)\rReceiving objects:  50% (900/1800), 1.00 MiB | 2.00 MiB/s\r",
  "remote: Total 1800 (delta 588), reused 0 (delta 0), pack-reused 0        \n",
  "Resolving deltas:   0% (0/588)\r",
  "From https://example.com/octo/widget\n * [new branch]      main -> main\n   1a2b3c4..5d6e7f8  topic -> topic\n",
  " ! [rejected]        old -> old  (unable to update local ref)\n",
  "error: RPC failed; curl 56 Recv failure\nfatal: early EOF",
].join("");

function readIn(chunks: Iterable<Buffer>): { kept: string; told: FetchProgress[] } {
  const told: FetchProgress[] = [];
  const reader = new FetchProgressReader((progress) => told.push(progress));
  for (const chunk of chunks) reader.push(chunk);
  return { kept: reader.kept, told };
}

test("progress is told as it comes, and only what explains a failure is kept", () => {
  const { kept, told } = readIn([Buffer.from(SAID)]);
  expect(kept).toBe(`\
remote: The café is closed on Mondays.
 ! [rejected]        old -> old  (unable to update local ref)
error: RPC failed; curl 56 Recv failure
fatal: early EOF`);
  expect(told.map(({ phase, objects, bytes }) => `${phase} ${objects} ${bytes}`)).toEqual([
    "counting 1800 0",
    "counting 1800 0",
    "counting 1800 0",
    "receiving 1 0",
    "receiving 900 1048576",
    "resolving 0 1048576",
  ]);
});

test("wherever the output is cut, the same is read", () => {
  const bytes = Buffer.from(SAID);
  fc.assert(
    fc.property(fc.array(fc.nat({ max: bytes.length })), (cuts) => {
      const places = [0, ...cuts.sort((a, b) => a - b), bytes.length];
      const chunks = places.map((from, index) => bytes.subarray(from, places[index + 1]));
      expect(readIn(chunks)).toEqual(readIn([bytes]));
    }),
  );
});

test("no bytes are too odd or too many: numbers are numbers, and what is kept is bounded", () => {
  const text = fc.constantFrom(
    "Receiving objects: ",
    "remote: Counting objects: ",
    "100% (",
    "9".repeat(40),
    "/12), ",
    "3.20 MiB | ",
    "9".repeat(7),
    " GiB | ",
    "\r",
    "\n",
    "x".repeat(5_000),
  );
  const piece = fc.oneof(
    text.map((some) => Buffer.from(some)),
    fc.uint8Array({ maxLength: 64 }).map((some) => Buffer.from(some)),
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 60 }), (chunks) => {
      const { kept, told } = readIn(chunks);
      expect(Buffer.byteLength(kept)).toBeLessThanOrEqual(3 * MAX_STDERR_BYTES);
      for (const { objects, totalObjects = 0, bytes } of told) {
        expect([objects, totalObjects, bytes].every((n) => Number.isSafeInteger(n) && n >= 0)).toBe(true);
      }
    }),
  );
});
