/** A body in a format that no command takes; routes that ignore bodies let it pass. */
export class UnreadBody {
  constructor(readonly contentType: string | undefined) {}
}
