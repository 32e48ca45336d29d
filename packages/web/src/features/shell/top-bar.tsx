import { useState } from "react";
import { Link } from "wouter";
import { useBrowserLocation } from "wouter/use-browser-location";
import { useShortcut } from "../../keyboard/use-shortcut.ts";
import { Button } from "../../ui/button.tsx";
import { ConnectionState } from "./connection.tsx";
import { HelpDialog } from "./help-dialog.tsx";
import { ThemeSwitch } from "./theme-switch.tsx";

/** `place`: what stands beside the mark, such as the folder of a local repository. */
export function TopBar({ place, linkHome }: { place: string | undefined; linkHome: boolean }) {
  const [help, setHelp] = useState(false);
  const [, navigate] = useBrowserLocation();

  useShortcut("help", () => {
    setHelp(true);
    return true;
  });
  useShortcut("goRepositories", () => {
    navigate("/");
    return true;
  });

  return (
    <div className="top-bar">
      <Brand linkHome={linkHome} />
      {place && (
        <span className="place cut" title={place}>
          <span className="place-kind">Local</span>
          <bdi className="mono cut">{place}</bdi>
        </span>
      )}
      <span className="spring" />
      <ConnectionState />
      <ThemeSwitch />
      <Button
        look="quiet"
        size="small"
        aria-label="Keyboard help"
        title="Keyboard help (?)"
        onClick={() => setHelp(true)}
      >
        ?
      </Button>
      {help && <HelpDialog onClose={() => setHelp(false)} />}
    </div>
  );
}

function Brand({ linkHome }: { linkHome: boolean }) {
  const content = (
    <>
      <svg aria-hidden="true" width="20" height="20" viewBox="0 0 16 16" fill="none" stroke="currentColor">
        <path
          d="M7 4.9v2.7M7 11.4V13M10.5 6.9A2.6 2.6 0 0 1 8.9 9.5M3.5 13.5h7"
          strokeWidth="1.4"
          strokeLinecap="round"
        />
        <circle cx="7" cy="3" r="1.9" strokeWidth="1.4" />
        <circle cx="7" cy="9.5" r="1.9" strokeWidth="1.4" />
        <circle cx="10.5" cy="5" r="1.9" strokeWidth="1.4" />
      </svg>
      Stackit
    </>
  );
  return linkHome ? (
    <Link href="/" className="brand" aria-label="Stackit, all repositories">
      {content}
    </Link>
  ) : (
    <span className="brand">{content}</span>
  );
}
