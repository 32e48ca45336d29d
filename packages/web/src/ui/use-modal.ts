import { type RefObject, type SyntheticEvent, useEffect, useRef } from "react";

export interface Modal {
  /** For the attributes of the `dialog`. */
  readonly attributes: {
    ref: RefObject<HTMLDialogElement | null>;
    onCancel: (event: SyntheticEvent) => void;
    onClose: () => void;
  };
  /** Closes it, unless it may not be closed. The focus is where it was before then. */
  readonly leave: () => void;
}

/**
 * A native modal dialog that is open while it is drawn. `onClose` is called once, in the moment in which it closes: a browser tells of that only
 * later, and a key that is pressed in between would find a page that takes it for open still.
 */
export function useModal({
  mayClose = () => true,
  onClose,
}: {
  /** Asked when somebody wants to close it. */
  mayClose?: () => boolean;
  onClose: () => void;
}): Modal {
  const dialog = useRef<HTMLDialogElement>(null);
  const isLeft = useRef(false);

  useEffect(() => {
    const element = dialog.current;
    isLeft.current = false;
    element?.showModal();
    return () => {
      isLeft.current = true;
      element?.close();
    };
  }, []);

  function left() {
    if (isLeft.current) return;
    isLeft.current = true;
    onClose();
  }

  function leave() {
    if (!mayClose()) return;
    dialog.current?.close();
    left();
  }

  return {
    attributes: {
      ref: dialog,
      onCancel(event) {
        event.preventDefault();
        leave();
      },
      onClose: left,
    },
    leave,
  };
}
