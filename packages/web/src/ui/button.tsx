import type { ComponentProps } from "react";

type ButtonProps = ComponentProps<"button"> & {
  look?: "ink" | "plain" | "quiet";
  size?: "normal" | "small";
  /** Why it cannot be pressed now. It keeps its place and its focus, and says so. */
  unavailable?: string | undefined;
};

export function Button({
  look = "plain",
  size = "normal",
  unavailable,
  className,
  onClick,
  ...rest
}: ButtonProps) {
  return (
    <button
      type="button"
      {...rest}
      className={`button ${look} ${size} ${className ?? ""}`}
      {...(unavailable === undefined ? {} : { "aria-disabled": true, title: unavailable })}
      onClick={unavailable === undefined ? onClick : undefined}
    />
  );
}

/** A button that is in or out. */
export function Toggle({ pressed, ...rest }: ButtonProps & { pressed: boolean }) {
  return <Button {...rest} aria-pressed={pressed} />;
}
