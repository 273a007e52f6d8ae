/** Ends every `switch` over a union: the compiler refuses it when an arm is missing. */
export function unreachable(value: never): never {
  throw new Error(`Unhandled case: ${JSON.stringify(value)}`);
}
