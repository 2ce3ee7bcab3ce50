import { randomUUID } from 'node:crypto';

export interface BenchInstance {
  readonly instanceId: string;
  readonly project: string;
  readonly environment: string;
}

/** Names are new every time: one stack sees several fleets. */
export function makeFleet(size: number): BenchInstance[] {
  const fleet = randomUUID().slice(0, 8);
  return Array.from({ length: size }, (_, n) => ({
    instanceId: randomUUID(),
    project: `bench-${fleet}-${n}`,
    environment: 'main',
  }));
}
