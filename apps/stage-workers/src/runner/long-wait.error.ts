/** The work goes on, but its message has been held long enough: the next delivery looks whether it is still due. */
export class LongWaitError extends Error {
  readonly code = 'long-wait';
}
