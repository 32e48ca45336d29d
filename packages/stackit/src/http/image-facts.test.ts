import fc from "fast-check";
import { expect, test } from "vitest";
import { imageFacts } from "./image-facts.ts";

const bytes = (...parts: readonly (string | Buffer)[]) =>
  Buffer.concat(parts.map((part) => (typeof part === "string" ? Buffer.from(part, "hex") : part)));
const text = (value: string) => Buffer.from(value, "latin1");

const PNG = bytes("89504e470d0a1a0a0000000d", text("IHDR"), "0000028000000190", "0806000000");
const GIF = bytes(text("GIF89a"), "80029001", "f00000");
const JPEG = bytes("ffd8", "ffe00010", text("JFIF\0"), "01020000480048", "0000", "ffff", "c0000b0801900280");
const LOSSY = bytes(text("RIFF"), "00000000", text("WEBPVP8 "), "00000000", "000000", "9d012a", "80029001");
const LOSSLESS = bytes(
  text("RIFF"),
  "00000000",
  text("WEBPVP8L"),
  "00000000",
  "2f",
  "7fc26300",
  "0000000000",
);
const EXTENDED = bytes(
  text("RIFF"),
  "00000000",
  text("WEBPVP8X"),
  "0a000000",
  "00000000",
  "7f0200",
  "8f0100",
);

test("an image is known by its first bytes, with its size", () => {
  const size = { width: 640, height: 400 };
  expect(imageFacts(PNG)).toEqual({ type: "image/png", ...size });
  expect(imageFacts(GIF)).toEqual({ type: "image/gif", ...size });
  expect(imageFacts(JPEG)).toEqual({ type: "image/jpeg", ...size });
  for (const webp of [LOSSY, LOSSLESS, EXTENDED]) {
    expect(imageFacts(webp)).toEqual({ type: "image/webp", ...size });
  }
});

test("what a browser could run or read otherwise is no image", () => {
  const others = [
    "<svg xmlns='http://www.w3.org/2000/svg'/>",
    "<html>",
    "%PDF-1.7",
    "GIF88a",
    "RIFFxxxxWAVE",
    "",
  ];
  for (const other of others) expect(imageFacts(text(other.padEnd(40))), other).toBeUndefined();
});

test("bytes that are cut anywhere, or are anything, are no failure", () => {
  for (const image of [PNG, GIF, JPEG, LOSSY, LOSSLESS, EXTENDED]) {
    for (let end = 0; end < image.length; end++) imageFacts(image.subarray(0, end));
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), fc.nat(20), (rest, kept) => {
        imageFacts(Buffer.concat([image.subarray(0, kept), rest]));
      }),
    );
  }
});
