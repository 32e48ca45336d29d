import { type ReactNode, useId } from "react";
import { Button } from "./button.tsx";
import { Sign } from "./glyphs.tsx";
import { useModal } from "./use-modal.ts";

/** A native modal dialog that is open while it is drawn; the browser gives the focus back. */
export function Dialog({
  title,
  className = "",
  mayClose,
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
  const modal = useModal({ ...(mayClose && { mayClose }), onClose });
  const titleId = useId();

  return (
    <dialog {...modal.attributes} className={`dialog ${className}`} aria-labelledby={titleId}>
      <header>
        <h2 id={titleId}>{title}</h2>
        <Button look="quiet" size="small" aria-label="Close" onClick={modal.leave}>
          <Sign name="close" />
        </Button>
      </header>
      {children}
    </dialog>
  );
}
