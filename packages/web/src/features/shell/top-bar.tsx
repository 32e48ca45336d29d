import { useState } from "react";
import { Link } from "wouter";
import { useBrowserLocation } from "wouter/use-browser-location";
import { useIsOperator } from "../../api/queries.ts";
import { useShortcut } from "../../keyboard/use-shortcut.ts";
import { useServices } from "../../services.ts";
import { Button } from "../../ui/button.tsx";
import { Sign } from "../../ui/glyphs.tsx";
import { Key } from "../../ui/key.tsx";
import { Mark } from "../../ui/mark.tsx";
import { AccountMenu } from "../account/account-menu.tsx";
import { ConnectionState } from "./connection.tsx";
import { HelpDialog } from "./help-dialog.tsx";
import { ThemeSwitch } from "./theme-switch.tsx";

/** `place`: the folder of a local repository. */
export function TopBar({ place, linkHome }: { place: string | undefined; linkHome: boolean }) {
  const [help, setHelp] = useState(false);
  const [, navigate] = useBrowserLocation();
  const { shortcuts } = useServices();

  useShortcut("help", () => {
    setHelp(true);
    return true;
  });
  useShortcut("goRepositories", () => {
    navigate("/");
    return true;
  });

  // A clone of one's own has nothing to operate.
  const isOperator = useIsOperator() && place === undefined;
  useShortcut("goOps", () => {
    if (isOperator) navigate("/ops");
    return isOperator;
  });

  useShortcut("goActivity", () => {
    navigate("/activity");
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
      <Link className="top-link" href="/activity" title="Activity (g a)">
        Activity
      </Link>
      {isOperator && (
        <Link className="top-link" href="/ops" title="Operator page (g o)">
          Operate
        </Link>
      )}
      <Button
        look="quiet"
        size="small"
        className="go-to"
        aria-label="Go to…"
        title="Command palette (Ctrl+K)"
        onClick={() => shortcuts.run("palette")}
      >
        <Sign name="search" /> <span className="go-to-word">Go to…</span> <Key id="palette" />
      </Button>
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
      <AccountMenu />
      {help && <HelpDialog onClose={() => setHelp(false)} />}
    </div>
  );
}

function Brand({ linkHome }: { linkHome: boolean }) {
  const content = (
    <>
      <Mark size={20} />
      <span className="brand-word">Stackit</span>
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
