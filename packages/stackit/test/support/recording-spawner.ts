import { DirectSpawner, type SpawnRequest } from "../../src/git/spawner.ts";

/** Remembers all that could be seen of processes by others. */
export class RecordingSpawner extends DirectSpawner {
  readonly args: string[] = [];

  override spawn(request: SpawnRequest): ReturnType<DirectSpawner["spawn"]> {
    this.args.push(...request.args);
    return super.spawn(request);
  }
}
