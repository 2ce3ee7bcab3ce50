/** So many of the same worker at once; each takes its work from where it likes. */
export async function inParallel(workers: number, work: () => Promise<void>): Promise<void> {
  await Promise.all(Array.from({ length: workers }, work));
}
