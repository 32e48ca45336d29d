import { useQuery } from "@tanstack/react-query";
import { Command } from "cmdk";
import { useEffect, useMemo, useRef, useState } from "react";
import type { RepoSummary } from "stackit/contract/repo";
import type { View } from "stackit/contract/view";
import { useBrowserLocation } from "wouter/use-browser-location";
import { useConfig, viewQuery } from "../../api/queries.ts";
import { formatRoute, type Route } from "../../routes/location.ts";
import { findRepo } from "../../routes/repo-ref.ts";
import { useServices } from "../../services.ts";
import { useModal } from "../../ui/use-modal.ts";
import { actionItems, type Item, pageItems, repositoryItems, viewItems } from "./items.ts";
import { readRecent, rememberChosen } from "./recent.ts";
import { findItems, type Group } from "./search.ts";

const groupNames: Record<Group["kind"], string> = {
  recent: "Lately",
  action: "Actions",
  repository: "Repositories",
  stack: "Stacks",
  branch: "Branches",
  "pull request": "Pull requests",
  person: "People",
};

/** Goes to anything by a few characters, and does what the keys do. Made when it is first asked for. */
export function Palette({
  repos,
  route,
  onClose,
}: {
  repos: readonly RepoSummary[];
  route: Route;
  onClose: () => void;
}) {
  const { shortcuts } = useServices();
  const [, navigate] = useBrowserLocation();
  const modal = useModal({ onClose });
  const input = useRef<HTMLInputElement>(null);
  const [question, setQuestion] = useState("");
  const [chosen, setChosen] = useState<string>();
  const [recent] = useState(readRecent);
  const [active] = useState(() => shortcuts.active());
  const repo = route.page === "repository" ? findRepo(repos, route.repo) : undefined;
  const view: View | undefined = useQuery({ ...viewQuery(repo?.id ?? ""), enabled: repo !== undefined }).data
    ?.body;

  const takesWebhooks = useConfig()?.webhooks ?? false;
  const items = useMemo(
    () => [
      ...actionItems(active),
      ...pageItems(repos, takesWebhooks),
      ...repositoryItems(repos),
      ...(view && route.page === "repository" ? viewItems(view, route) : []),
    ],
    [active, repos, takesWebhooks, view, route],
  );
  const groups = useMemo(() => findItems(items, question, recent), [items, question, recent]);
  const found = groups.flatMap((group) => group.items);
  // Whoever types on and presses Enter means the best of what is there now.
  const marked = found.find((item) => item.id === chosen) ?? found[0];

  // The browser would give the focus to the frame around it.
  useEffect(() => input.current?.focus(), []);

  function choose(item: Item) {
    rememberChosen(item.id);
    // First the layer goes, so that an action finds the page as its key would.
    modal.leave();
    if ("route" in item.goal) navigate(formatRoute(item.goal.route), { state: { opened: true } });
    else shortcuts.run(item.goal.action);
  }

  return (
    <dialog {...modal.attributes} className="dialog palette" aria-label="Command palette">
      <Command
        label="Command palette"
        shouldFilter={false}
        loop
        value={marked?.id ?? ""}
        onValueChange={setChosen}
      >
        <Command.Input
          ref={input}
          value={question}
          onValueChange={(text) => {
            setQuestion(text);
            setChosen(undefined);
          }}
          placeholder="Go to…  > actions  # pull requests"
        />
        <Command.List label="What was found">
          {groups.length === 0 && <p className="nothing">Nothing is called like that here.</p>}
          {groups.map(({ kind, items: best }) => (
            <Command.Group key={kind} heading={groupNames[kind]}>
              {best.map((item) => (
                <Command.Item key={item.id} value={item.id} onSelect={() => choose(item)}>
                  <span className="cut">{item.label}</span>
                  {item.detail && <span className="meta cut">{item.detail}</span>}
                  {item.keys && <kbd>{item.keys}</kbd>}
                </Command.Item>
              ))}
            </Command.Group>
          ))}
        </Command.List>
      </Command>
    </dialog>
  );
}
