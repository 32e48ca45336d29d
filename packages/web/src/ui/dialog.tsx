import { type ReactNode, useEffect, useId, useRef } from "react";
import { Button } from "./button.tsx";
import { Sign } from "./glyphs.tsx";

/** A native modal dialog that is open while it is drawn; the browser gives the focus back. */
export function Dialog({
  title,
  className = "",
  mayClose = () => true,
  onClose,
  children,
}: {
  title: string;
  className?: string;
  /** Asked when somebody wants to close it by Esc or its cross. */
  mayClose?: () => boolean;
  onClose: () => void;
  children: ReactNode;
}) {
  const dialog = useRef<HTMLDialogElement>(null);
  const titleId = useId();

  useEffect(() => {
    const element = dialog.current;
    element?.showModal();
    return () => element?.close();
  }, []);

  return (
    <dialog
      ref={dialog}
      className={`dialog ${className}`}
      aria-labelledby={titleId}
      onCancel={(event) => {
        if (!mayClose()) event.preventDefault();
      }}
      onClose={onClose}
    >
      <header>
        <h2 id={titleId}>{title}</h2>
        <Button look="quiet" size="small" aria-label="Close" onClick={() => mayClose() && onClose()}>
          <Sign name="close" />
        </Button>
      </header>
      {children}
    </dialog>
  );
}
