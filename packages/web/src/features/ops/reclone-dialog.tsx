import { type FormEvent, useEffect, useId, useRef, useState } from "react";
import { Button } from "../../ui/button.tsx";
import { Dialog } from "../../ui/dialog.tsx";

/** What takes long and costs the remote much is not done by one press. */
export function RecloneDialog({
  name,
  source,
  onConfirm,
  onClose,
}: {
  name: string;
  source: string;
  onConfirm: () => void;
  onClose: () => void;
}) {
  const [typed, setTyped] = useState("");
  const field = useRef<HTMLInputElement>(null);
  const fieldId = useId();
  const isConfirmed = typed.trim() === name;
  useEffect(() => field.current?.focus(), []);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (isConfirmed) onConfirm();
  };
  return (
    <Dialog title={`Clone ${name} anew?`} className="ops-confirm" onClose={onClose}>
      <form onSubmit={submit}>
        <p>
          Everything is fetched again from {source}, which can take as long as the first clone did. The mirror
          that is here is shown until the new one is whole, and kept if that fails.
        </p>
        <label htmlFor={fieldId}>
          Type <b>{name}</b> to confirm
        </label>
        <input
          ref={field}
          id={fieldId}
          value={typed}
          autoComplete="off"
          autoCapitalize="off"
          spellCheck={false}
          onChange={({ currentTarget }) => setTyped(currentTarget.value)}
        />
        <footer className="choices">
          <Button onClick={onClose}>Not now</Button>
          <Button
            look="ink"
            type="submit"
            unavailable={isConfirmed ? undefined : "The name is not typed yet"}
          >
            Clone anew
          </Button>
        </footer>
      </form>
    </Dialog>
  );
}
