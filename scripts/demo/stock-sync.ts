import type { Scene } from "../../packages/stackit/test/support/git-scene.ts";
import { before, people } from "./people.ts";

/** A small job in Python: metadata of another stacking tool, and one branch with none. */
export async function stockSync(scene: Scene, nowSeconds: number): Promise<void> {
  const at = (days: number, hours = 0) => before(nowSeconds, days, hours);
  await scene.write((s) => {
    s.commit("main", {
      message: "Read the warehouse's stock file",
      author: people.jonas,
      atSeconds: at(60),
      files: {
        "stock/read.py": read,
        "pyproject.toml": '[project]\nname = "stock-sync"\nversion = "1.4.0"\n',
      },
    });
    s.commit("stock/deltas", {
      parent: "main",
      message: "Send only what changed since the last run",
      author: people.jonas,
      atSeconds: at(3),
      files: { "stock/deltas.py": deltas },
    });
    s.metadata(
      "stock/deltas",
      { parentBranchName: "main", prInfo: { number: 19, base: "main", state: "OPEN" } },
      "refs/branch-metadata",
    );
    s.commit("stock/retry", {
      parent: "stock/deltas",
      message: "Try again when the shop is busy",
      author: people.maya,
      atSeconds: at(1),
      files: { "stock/send.py": send },
    });
    s.metadata("stock/retry", { parentBranchName: "stock/deltas" }, "refs/branch-metadata");
  });
  await scene.git("reset", "--quiet", "--hard");
}

const read = `import csv
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Level:
    sku: str
    on_hand: int
    reserved: int

    @property
    def available(self) -> int:
        return max(0, self.on_hand - self.reserved)


def read_levels(path: Path) -> dict[str, Level]:
    """Stock levels by SKU. A line that cannot be read stops the run: half a file is worse than none."""
    with path.open(newline="", encoding="utf-8") as file:
        rows = csv.DictReader(file, delimiter=";")
        return {row["sku"]: Level(row["sku"], int(row["on_hand"]), int(row["reserved"])) for row in rows}
`;

const deltas = `import json
from pathlib import Path

from stock.read import Level


def load_last(path: Path) -> dict[str, int]:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}


def deltas(levels: dict[str, Level], last: dict[str, int]) -> dict[str, int]:
    """What the shop does not know yet, by SKU. Articles that vanished are sent as zero."""
    changed = {sku: level.available for sku, level in levels.items() if last.get(sku) != level.available}
    gone = {sku: 0 for sku in last.keys() - levels.keys() if last[sku] != 0}
    return changed | gone


def save(path: Path, levels: dict[str, Level]) -> None:
    text = json.dumps({sku: level.available for sku, level in sorted(levels.items())})
    temporary = path.with_suffix(".new")
    temporary.write_text(text, encoding="utf-8")
    temporary.replace(path)
`;

const send = `import random
import time
from collections.abc import Callable

BUSY = {429, 502, 503, 504}


def send(post: Callable[[dict[str, int]], int], changes: dict[str, int], attempts: int = 6) -> None:
    """Sends all changes, or raises. Waits longer after each busy answer, a little at random."""
    for attempt in range(attempts):
        status = post(changes)
        if status < 300:
            return
        if status not in BUSY:
            raise RuntimeError(f"the shop refused the stock levels: {status}")
        time.sleep(min(60, 2**attempt) * random.uniform(0.5, 1.5))
    raise TimeoutError(f"the shop was busy {attempts} times in a row")
`;
