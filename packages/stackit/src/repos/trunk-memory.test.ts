import { expect, test } from "vitest";
import { TrunkMemory } from "./trunk-memory.ts";

class Trunk {
  size = 0;

  forget(): void {
    this.size = 0;
  }
}

function setUp() {
  const memory = new TrunkMemory(100);
  const trunks = Array.from({ length: 4 }, () => new Trunk());
  const look = (index: number, size: number): void => {
    const trunk = trunks[index];
    if (!trunk) throw new Error("no such trunk");
    using _use = memory.use(trunk);
    trunk.size = size;
  };
  return { memory, trunks, look, sizes: () => trunks.map(({ size }) => size) };
}

test("the trunks that were looked at longest ago give way, as many as must", () => {
  const { look, sizes } = setUp();
  look(0, 40);
  look(1, 40);
  look(0, 50);
  look(2, 10);
  expect(sizes()).toEqual([50, 40, 10, 0]);
  look(3, 20);
  expect(sizes()).toEqual([50, 0, 10, 20]);
  look(1, 75);
  expect(sizes()).toEqual([0, 75, 0, 20]);
});

test("one that is too large alone is forgotten once nobody looks at it", () => {
  const { memory, trunks, look, sizes } = setUp();
  const [trunk] = trunks;
  if (!trunk) throw new Error("no trunk");
  {
    using _use = memory.use(trunk);
    trunk.size = 200;
    look(1, 60);
    look(2, 40);
    expect(sizes()).toEqual([200, 60, 40, 0]);
  }
  expect(sizes()).toEqual([0, 0, 0, 0]);
});
