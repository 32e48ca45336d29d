export function DiffTab(_: Record<string, unknown>) {
  return <p className="loading meta">…</p>;
}
