/** Brings the data of an event from one version to the next. Pure, and good for whatever fits the schema of its version. */
export type Upcaster = (data: object) => object;

/** By the type of the event, in the order of versions: the first brings version 1 to version 2. */
export type Upcasters = Readonly<Record<string, readonly Upcaster[]>>;

/**
 * How events of earlier versions are read. The version that this build writes is one more than a type has upcasters, so
 * that none can be forgotten.
 */
export const UPCASTERS = {
  instance: {},
  system: {},
  refusal: {},
  environment: {},
  audit: {},
} satisfies Record<string, Upcasters>;

type Category = keyof typeof UPCASTERS;

/** Version of the data of this event that this build writes; it reads every earlier one. */
export function eventVersion(category: Category, type: string): number {
  return upcastersOf(category, type).length + 1;
}

/** The data in the form of the version that this build writes; the same object if it has that already. */
export function upcast(
  category: Category,
  {
    type,
    version,
    data,
  }: { readonly type: string; readonly version: number; readonly data: object },
): object {
  return upcastersOf(category, type)
    .slice(version - 1)
    .reduce((older, toNext) => toNext(older), data);
}

function upcastersOf(category: Category, type: string): readonly Upcaster[] {
  const upcasters: Upcasters = UPCASTERS[category];
  return Object.hasOwn(upcasters, type) ? (upcasters[type] ?? []) : [];
}
