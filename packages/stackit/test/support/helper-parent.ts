/** @file A program that starts git through a helper, says the process id of git, and waits to be killed. */
import { HelperSpawner } from "../../src/git/helper-spawner.ts";

const [folder = ".", path = ""] = process.argv.slice(2);
const spawner = new HelperSpawner();
await spawner.ready;
const git = await spawner.spawn({ args: ["wait"], cwd: folder, env: { PATH: path }, hasInput: true });
process.send?.(git.pid);
setInterval(() => {}, 60_000);
