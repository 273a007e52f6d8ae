/** What is wrong with a program before it is sent, with file and line where there is one. */
export class ProgramFileError extends Error {
  override readonly name = "ProgramFileError";

  static unreadable(file: string, error: unknown): ProgramFileError {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    const reason =
      code === "ENOENT" ? "there is no such file" : code === "EISDIR" ? "it is a folder" : String(error);
    return new ProgramFileError(`${file} cannot be read: ${reason}`, { cause: error });
  }
}
