/** The product's sign: a stack on its trunk, with one branch beside it. */
export function Mark({ size }: { size: number }) {
  return (
    <svg
      aria-hidden="true"
      className="mark"
      width={size}
      height={size}
      viewBox="0 0 16 16"
      fill="none"
      stroke="currentColor"
    >
      <path
        d="M7 4.9v2.7M7 11.4V13M10.5 6.9A2.6 2.6 0 0 1 8.9 9.5M3.5 13.5h7"
        strokeWidth="1.4"
        strokeLinecap="round"
      />
      <circle cx="7" cy="3" r="1.9" strokeWidth="1.4" />
      <circle cx="7" cy="9.5" r="1.9" strokeWidth="1.4" />
      <circle cx="10.5" cy="5" r="1.9" strokeWidth="1.4" />
    </svg>
  );
}
