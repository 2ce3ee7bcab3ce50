import type { Benchmark } from '../benchmark';

export const pipelineBench: Benchmark = { name: 'pipeline', run: () => Promise.resolve([]) };
