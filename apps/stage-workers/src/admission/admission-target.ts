/** What an attempt waits for while its Lagoon core has no room. */
export function admissionTarget(core: string): string {
  return `admission:${core}`;
}
