/** Text in a field that cannot be sent. `field` is the name of its place in a submission. */
export class DraftError extends Error {
  override readonly name = "DraftError";
  readonly field: string;

  constructor(field: string, message: string) {
    super(message);
    this.field = field;
  }
}
