import { keyName, shortcuts } from "../../keyboard/shortcuts.ts";
import { useServices, useStore } from "../../services.ts";
import { Dialog } from "../../ui/dialog.tsx";

export function HelpDialog({ onClose }: { onClose: () => void }) {
  const { shortcuts: registry } = useServices();
  const enabled = useStore(registry.enabled);
  const groups = Map.groupBy(Object.values(shortcuts), (shortcut) => shortcut.where);
  return (
    <Dialog title="Keyboard" onClose={onClose}>
      <div className="help">
        {[...groups].map(([where, items]) => (
          <section key={where} aria-label={where}>
            <h3>{where}</h3>
            <dl>
              {items.map((item) => (
                <div key={item.label}>
                  <dt>
                    {item.keys.map((key) => (
                      <Keys key={key} keys={key} />
                    ))}
                  </dt>
                  <dd>{item.label}</dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
      <div className="help-end">
        <label className="help-choice">
          <input
            type="checkbox"
            checked={enabled}
            onChange={(event) => registry.setEnabled(event.currentTarget.checked)}
          />
          Single-key shortcuts
        </label>
        {/* A page of the server's own, which is no part of this one. */}
        <a href="/docs">Documentation</a>
      </div>
    </Dialog>
  );
}

function Keys({ keys }: { keys: string }) {
  return keys.split(" ").map((key) => <kbd key={key}>{keyName(key)}</kbd>);
}
