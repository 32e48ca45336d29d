import { migrations } from "../../src/store/migrations/migrations.ts";
import { openStore } from "../../src/store/open-store.ts";

// Opens the data folder that is its argument, and says so when all migrations have run and a last one hangs.
Object.assign(migrations, {
  "9998-hangs": {
    up: () => {
      process.stdout.write("all but the last\n");
      setInterval(() => {}, 1000);
      return new Promise(() => {});
    },
  },
});
await openStore(process.argv[2] ?? "");
