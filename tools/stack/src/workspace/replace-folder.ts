import { mkdtemp, rename, rm } from 'node:fs/promises';

/**
 * Puts what `fill` makes in the place of `folder`, which is never half filled. `fill` gets an empty folder beside it and
 * answers which folder takes the place: that one, or one inside it.
 */
export async function replaceFolder(
  folder: string,
  fill: (staging: string) => Promise<string>,
): Promise<void> {
  const staging = await mkdtemp(`${folder}-`);
  try {
    const filled = await fill(staging);
    await rm(folder, { recursive: true, force: true });
    await rename(filled, folder);
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
}
