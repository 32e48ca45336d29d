import { type ReactNode, useState } from "react";
import { Segments } from "../../ui/segments.tsx";
import { useStored } from "../../ui/use-stored.ts";
import type { Picture } from "./picture.ts";

interface PictureSize {
  width: number;
  height: number;
}

const MODES = ["side", "swipe", "onion"] as const;
const choices = [
  { value: "side", label: "Side by side" },
  { value: "swipe", label: "Swipe" },
  { value: "onion", label: "Onion skin" },
] as const;

/** An image before and after its change, beside or above each other. */
export function PictureView({ picture, path }: { picture: Picture; path: string }) {
  const [mode, setMode] = useStored("stackit.pictures", "side", MODES);
  const { before, after } = picture;
  if (before === undefined || after === undefined) {
    const [src, side] = before === undefined ? [after, "after"] : [before, "before"];
    return (
      <div className="picture single">
        <div className="picture-sides">
          <Side src={src ?? ""} alt={`${path}, ${side}`} name="" />
        </div>
      </div>
    );
  }
  return (
    <div className="picture">
      <Segments name={`View of ${path}`} value={mode} choices={choices} onChoose={setMode} />
      {mode === "side" ? (
        <div className="picture-sides">
          <Side src={before} alt={`${path}, before`} name="Before" />
          <Side src={after} alt={`${path}, after`} name="After" />
        </div>
      ) : (
        <Overlaid before={before} after={after} path={path} mode={mode} />
      )}
    </div>
  );
}

function Side({ src, alt, name }: { src: string; alt: string; name: string }) {
  const [size, setSize] = useState<PictureSize>();
  const dimensions = size && `${size.width} × ${size.height}`;
  return (
    <figure>
      <div className="picture-stage">
        <Loaded src={src} alt={alt} onSize={setSize} />
      </div>
      <figcaption className="meta">{[name, dimensions].filter(Boolean).join(" · ")}</figcaption>
    </figure>
  );
}

/** Both in one place and at one scale, with their upper left corners on each other. */
function Overlaid({
  before,
  after,
  path,
  mode,
}: {
  before: string;
  after: string;
  path: string;
  mode: "swipe" | "onion";
}) {
  const [old, setOld] = useState<PictureSize>();
  const [now, setNow] = useState<PictureSize>();
  const [part, setPart] = useState(50);
  const width = Math.max(old?.width ?? 1, now?.width ?? 1);
  const height = Math.max(old?.height ?? 1, now?.height ?? 1);
  const share = (size: PictureSize | undefined) =>
    size && { width: `${(100 * size.width) / width}%`, height: `${(100 * size.height) / height}%` };
  const front = mode === "swipe" ? { clipPath: `inset(0 0 0 ${part}%)` } : { opacity: part / 100 };
  return (
    <>
      <div className="picture-stage overlaid">
        <div
          className="picture-both"
          style={{
            aspectRatio: `${width} / ${height}`,
            width: `min(100cqw, 100cqh * ${width / height}, ${width}px)`,
          }}
        >
          <div
            className="picture-layer"
            style={mode === "swipe" ? { clipPath: `inset(0 ${100 - part}% 0 0)` } : {}}
          >
            <Loaded src={before} alt={`${path}, before`} onSize={setOld} style={share(old)} />
          </div>
          <div className="picture-layer" style={front}>
            <Loaded src={after} alt={`${path}, after`} onSize={setNow} style={share(now)} />
          </div>
        </div>
      </div>
      <label className="picture-part meta">
        <span>Before</span>
        <input
          type="range"
          min={0}
          max={100}
          value={part}
          aria-label={mode === "swipe" ? "How much of the width is before" : "How much of it is after"}
          onChange={(event) => setPart(event.currentTarget.valueAsNumber)}
        />
        <span>After</span>
      </label>
    </>
  );
}

function Loaded({
  src,
  alt,
  style,
  onSize,
}: {
  src: string;
  alt: string;
  style?: { width: string; height: string } | undefined;
  onSize: (size: PictureSize) => void;
}): ReactNode {
  const [failed, setFailed] = useState(false);
  if (failed) return <p className="meta">This image cannot be shown.</p>;
  return (
    <img
      src={src}
      alt={alt}
      {...(style && { style })}
      onLoad={({ currentTarget }) =>
        onSize({ width: currentTarget.naturalWidth, height: currentTarget.naturalHeight })
      }
      onError={() => setFailed(true)}
    />
  );
}
