/** Imports a module from its text: by a blob:, the one kind of address from which the sandbox's policy lets one in. */

/** @typeParam Exports What our own code exports; of a program nothing is known, and it stays `object`. */
export async function importModule<Exports extends object = object>(
  text: Uint8Array | string,
): Promise<Exports> {
  const url = URL.createObjectURL(new Blob([text as BlobPart], { type: "text/javascript" }));
  try {
    return (await import(/* webpackIgnore: true */ url)) as Exports;
  } finally {
    URL.revokeObjectURL(url);
  }
}
