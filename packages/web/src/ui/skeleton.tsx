/** In the place of a list that is asked for. Drawn after a moment only: a quick answer should not flicker. */
export function Skeleton() {
  return (
    <div className="skeleton" aria-hidden="true">
      {[62, 48, 70, 55, 40, 66].map((width) => (
        <div key={width}>
          <i />
          <b style={{ width: `${width}%` }} />
        </div>
      ))}
    </div>
  );
}
