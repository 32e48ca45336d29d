import { useEffect, useId, useRef, useState } from "react";
import type { RepoSummary } from "stackit/contract/repo";
import { Link } from "wouter";
import { formatRoute, repositoryRoute } from "../../routes/location.ts";
import { refOf } from "../../routes/repo-ref.ts";
import { Button } from "../../ui/button.tsx";
import { Coded } from "../../ui/coded.tsx";
import { Sign } from "../../ui/glyphs.tsx";
import { Until } from "../../ui/time.tsx";
import { nameOf } from "../repositories/attention.ts";
import { seenWarning, seenWords } from "./add-words.ts";
import { type AddingState, useAdding } from "./use-adding.ts";

/** Asks for a repository, says what the server sees there, and adds it when that is what was meant. */
export function RepositoryForm({ onAdded }: { onAdded: (repo: RepoSummary) => void }) {
  const [typed, setTyped] = useState("");
  const { state, check, add, forget } = useAdding(onAdded);
  const id = useId();
  const field = useRef<HTMLInputElement>(null);
  const isBusy = state.step === "checking" || state.step === "adding";
  const isChecked = state.step === "checked" || state.step === "adding";

  // What led here is gone, and there is nothing else to do here.
  useEffect(() => field.current?.focus(), []);

  return (
    <form
      aria-label="Add repository"
      className="add-form"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        if (isBusy) return;
        if (state.step === "checked") add(state.asked, state.remote);
        else check(typed);
      }}
    >
      <label htmlFor={`${id}-field`}>URL or owner/name</label>
      <div className="add-line">
        <input
          ref={field}
          id={`${id}-field`}
          className="field mono"
          value={typed}
          onChange={({ target }) => {
            setTyped(target.value);
            forget();
          }}
          readOnly={state.step === "adding"}
          placeholder="octo/widget"
          autoComplete="off"
          autoCapitalize="none"
          spellCheck={false}
          aria-describedby={`${id}-about ${id}-found`}
          aria-invalid={state.step === "refused"}
        />
        <Button type="submit" look="ink" unavailable={isBusy ? "The server is asking the remote" : undefined}>
          {isChecked ? "Add repository" : "Check"}
        </Button>
      </div>
      <p id={`${id}-about`} className="meta">
        The server looks whether it can be read, before anything is made.
      </p>
      <div id={`${id}-found`} className="add-found">
        <Found state={state} />
      </div>
    </form>
  );
}

function Found({ state }: { state: AddingState }) {
  switch (state.step) {
    case "idle":
      return null;
    case "checking":
      return (
        <p className="state-line run" role="status">
          <Sign name="running" /> <strong>Asking the remote…</strong>
        </p>
      );
    case "checked":
    case "adding":
      return <Seen state={state} />;
    case "served":
      return (
        <p className="state-line" role="status">
          <Sign name="ok" />
          <strong>{nameOf(state.repo)} is served already.</strong>
          <Link className="link" href={formatRoute(repositoryRoute(refOf(state.repo)))}>
            Go to it
          </Link>
          <Link className="link" href={formatRoute({ page: "add", repo: state.repo.id })}>
            Set up its webhook
          </Link>
        </p>
      );
    case "refused":
      return (
        <div className="callout bad" role="alert">
          <Sign name="failing" />
          <p>
            <Coded text={state.text} />
            {state.againAt !== undefined && (
              <>
                {" "}
                It may be asked again <Until at={state.againAt} />.
              </>
            )}
          </p>
        </div>
      );
  }
}

function Seen({ state: { step, remote } }: { state: Extract<AddingState, { step: "checked" | "adding" }> }) {
  const [first, ...more] = seenWords(remote);
  const warning = seenWarning(remote);
  return (
    <>
      <p className="state-line ok" role="status">
        <Sign name="ok" />
        <strong>{step === "adding" ? "Adding…" : first}</strong>
        <span className="meta parts">
          {more.map((words) => (
            <span key={words}>{words}</span>
          ))}
        </span>
      </p>
      {warning && (
        <div className="callout warn">
          <Sign name="late" />
          <p>{warning}</p>
        </div>
      )}
    </>
  );
}
