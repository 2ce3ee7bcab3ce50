/** Free texts about an instance, by name; as a limit: what an instance has to carry, all of it. */
export type Labels = Readonly<Record<string, string>>;

/** What an instance carries at most, and how long each text is at most. */
export const MOST_LABELS = 32;
export const LONGEST_LABEL = 200;

/** Whether what carries these labels is within a limit. A limit without labels holds everything. */
export function isWithin(labels: Labels, limit: Labels): boolean {
  return Object.entries(limit).every(
    ([name, text]) => Object.hasOwn(labels, name) && labels[name] === text,
  );
}

export function isLimit(limit: Labels): boolean {
  return Object.keys(limit).length > 0;
}

/** `team=payments, region=eu` */
export function labelsInWords(labels: Labels): string {
  return Object.entries(labels)
    .map(([name, text]) => `${name}=${text}`)
    .join(', ');
}
