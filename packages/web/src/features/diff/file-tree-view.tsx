import { type KeyboardEvent, useMemo, useRef, useState } from "react";
import { Virtualizer } from "virtua";
import { Sign } from "../../ui/glyphs.tsx";
import { LineCounts } from "../stacks/line-counts.tsx";
import type { SurfaceFile } from "./diff-surface.ts";
import { kindLetters } from "./file-section.tsx";
import { buildTree, flattenTree, type TreeLine } from "./file-tree.ts";

export function FileTreeView({
  files,
  viewed,
  visible,
  onOpen,
}: {
  files: readonly SurfaceFile[];
  viewed: ReadonlySet<string>;
  visible: string | undefined;
  onOpen: (path: string) => void;
}) {
  const [text, setText] = useState("");
  const [folded, setFolded] = useState<ReadonlySet<string>>(new Set());
  const [focused, setFocused] = useState<string>();
  const scroller = useRef<HTMLDivElement>(null);
  const tree = useRef<HTMLDivElement>(null);

  const shown = useMemo(
    () => files.filter((file) => file.path.toLowerCase().includes(text.toLowerCase())),
    [files, text],
  );
  const lines = useMemo(
    () => flattenTree(buildTree(shown.map((file) => file.path)), folded),
    [shown, folded],
  );
  const tabStop = lines.some(({ node }) => node.path === focused) ? focused : lines[0]?.node.path;

  const toggle = (path: string) =>
    setFolded((now) => {
      const next = new Set(now);
      if (!next.delete(path)) next.add(path);
      return next;
    });
  const open = ({ node }: TreeLine) => (node.file === undefined ? toggle(node.path) : onOpen(node.path));

  function focus(path: string | undefined): void {
    if (path === undefined) return;
    setFocused(path);
    tree.current?.querySelector<HTMLElement>(`[data-path="${CSS.escape(path)}"]`)?.focus();
  }

  function onKeyDown(event: KeyboardEvent): void {
    const index = lines.findIndex(({ node }) => node.path === tabStop);
    const line = lines[index];
    if (!line) return;
    const isFolder = line.node.file === undefined;
    const isFolded = folded.has(line.node.path);
    if (event.key === "ArrowDown") focus(lines[index + 1]?.node.path);
    else if (event.key === "ArrowUp") focus(lines[index - 1]?.node.path);
    else if (event.key === "Home") focus(lines[0]?.node.path);
    else if (event.key === "End") focus(lines.at(-1)?.node.path);
    else if (event.key === "ArrowRight" && isFolder && isFolded) toggle(line.node.path);
    else if (event.key === "ArrowLeft" && isFolder && !isFolded) toggle(line.node.path);
    else if (event.key === "Enter" || event.key === " ") open(line);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  return (
    <div className="tree-pane">
      <input
        type="search"
        aria-label="Filter files"
        placeholder="Filter files"
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
      />
      <div ref={scroller} className="tree-scroller">
        <div ref={tree} role="tree" aria-label="Files" tabIndex={-1} onKeyDown={onKeyDown}>
          <Virtualizer scrollRef={scroller} itemSize={26} data={lines}>
            {(line) => (
              <TreeItem
                key={line.node.path}
                line={line}
                file={line.node.file === undefined ? undefined : shown[line.node.file]}
                folded={folded.has(line.node.path)}
                isViewed={viewed.has(line.node.path)}
                isVisible={line.node.path === visible}
                isTabStop={line.node.path === tabStop}
                onFocus={() => setFocused(line.node.path)}
                onOpen={() => open(line)}
              />
            )}
          </Virtualizer>
        </div>
      </div>
    </div>
  );
}

function TreeItem({
  line: { node, depth },
  file,
  folded,
  isViewed,
  isVisible,
  isTabStop,
  onFocus,
  onOpen,
}: {
  line: TreeLine;
  file: SurfaceFile | undefined;
  folded: boolean;
  isViewed: boolean;
  isVisible: boolean;
  isTabStop: boolean;
  onFocus: () => void;
  onOpen: () => void;
}) {
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the tree handles the keys of its items.
    <div
      role="treeitem"
      className="tree-item"
      data-path={node.path}
      aria-level={depth + 1}
      aria-selected={isVisible}
      aria-expanded={file ? undefined : !folded}
      aria-label={
        file
          ? `${node.name}, ${file.kind}, ${file.added} added, ${file.deleted} deleted${isViewed ? ", viewed" : ""}`
          : node.name
      }
      tabIndex={isTabStop ? 0 : -1}
      style={{ paddingLeft: 8 + depth * 14 }}
      onFocus={onFocus}
      onClick={onOpen}
    >
      {file ? (
        <span className={`letter ${file.kind}`}>{kindLetters[file.kind]}</span>
      ) : (
        <Sign name={folded ? "right" : "down"} />
      )}
      <span className="cut" title={node.path}>
        {node.name}
      </span>
      {isViewed && <Sign name="ok" className="tick" />}
      {file && <LineCounts added={file.added} deleted={file.deleted} />}
    </div>
  );
}
