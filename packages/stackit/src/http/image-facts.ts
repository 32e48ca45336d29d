export const IMAGE_TYPES = ["image/png", "image/jpeg", "image/gif", "image/webp"] as const;

export interface ImageFacts {
  readonly type: (typeof IMAGE_TYPES)[number];
  /** In pixels. */
  readonly width: number;
  readonly height: number;
}

/** What the first bytes say, whatever the file is called. Undefined for what is none of these. Pure. */
export function imageFacts(content: Buffer): ImageFacts | undefined {
  const found = png(content) ?? gif(content) ?? webp(content) ?? jpeg(content);
  return found && found.width > 0 && found.height > 0 ? found : undefined;
}

const PNG = Buffer.from("89504e470d0a1a0a0000000d49484452", "hex");

function png(content: Buffer): ImageFacts | undefined {
  if (content.length < 24 || !content.subarray(0, PNG.length).equals(PNG)) return undefined;
  return { type: "image/png", width: content.readUInt32BE(16), height: content.readUInt32BE(20) };
}

function gif(content: Buffer): ImageFacts | undefined {
  if (content.length < 10 || !/^GIF8[79]a$/.test(content.toString("latin1", 0, 6))) return undefined;
  return { type: "image/gif", width: content.readUInt16LE(6), height: content.readUInt16LE(8) };
}

function webp(content: Buffer): ImageFacts | undefined {
  const isWebp = content.toString("latin1", 0, 4) === "RIFF" && content.toString("latin1", 8, 12) === "WEBP";
  if (!isWebp || content.length < 30) return undefined;
  const size = webpSize(content);
  return size && { type: "image/webp", ...size };
}

/** Of the extended, the lossless and the lossy form. */
function webpSize(content: Buffer): { width: number; height: number } | undefined {
  switch (content.toString("latin1", 12, 16)) {
    case "VP8X":
      return { width: content.readUIntLE(24, 3) + 1, height: content.readUIntLE(27, 3) + 1 };
    case "VP8L": {
      const bits = content.readUInt32LE(21);
      return { width: (bits & 0x3fff) + 1, height: ((bits >>> 14) & 0x3fff) + 1 };
    }
    case "VP8 ":
      return { width: content.readUInt16LE(26) & 0x3fff, height: content.readUInt16LE(28) & 0x3fff };
    default:
      return undefined;
  }
}

/** Segments follow each other up to the one that begins the picture and says how large it is. */
function jpeg(content: Buffer): ImageFacts | undefined {
  if (content.length < 4 || content.readUInt16BE(0) !== 0xffd8) return undefined;
  let at = 2;
  while (at + 9 <= content.length && content[at] === 0xff) {
    const marker = content[at + 1] ?? 0;
    if (marker === 0xff) {
      at += 1;
      continue;
    }
    if (isFrame(marker)) {
      return {
        type: "image/jpeg",
        width: content.readUInt16BE(at + 7),
        height: content.readUInt16BE(at + 5),
      };
    }
    at += 2 + content.readUInt16BE(at + 2);
  }
  return undefined;
}

/** 0xc4, 0xc8 and 0xcc are tables. */
function isFrame(marker: number): boolean {
  return marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;
}
