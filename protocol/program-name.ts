/** How programs of the registry are called: by an id, or by the path they lie under. */
import * as z from "zod";

export const ProgramId = z
  .string()
  .regex(/^prg_[0-9a-z]{16}$/, "must look like prg_0123456789abcdef")
  .brand<"ProgramId">();
export type ProgramId = z.infer<typeof ProgramId>;

/** What may stand behind a program's path in an address, and so cannot be a part of one. */
export const PROGRAM_VERBS = ["start", "stop", "update", "rollback", "result", "output", "versions", "jobs"];

const PATH_RULE =
  "must be /user/name: two or more parts of 1 to 64 letters, digits, '.', '_' and '-', 200 characters in all";

/** `/user/name`, as of a dataset: code and data of the same path belong together. */
export const ProgramPath = z
  .string({ error: PATH_RULE })
  .max(200, { error: PATH_RULE })
  .regex(/^(?:\/[A-Za-z0-9_-][A-Za-z0-9._-]{0,63}){2,8}$/, { error: PATH_RULE })
  .refine(
    (path) =>
      !path
        .split("/")
        .slice(2)
        .some((part) => PROGRAM_VERBS.includes(part)),
    {
      error: `must not contain one of the words ${PROGRAM_VERBS.join(", ")} as a part`,
    },
  )
  .brand<"ProgramPath">();
export type ProgramPath = z.infer<typeof ProgramPath>;

const VERSION_RULE = "must be a whole number from 1";
/** From 1, in the order in which they were injected. */
export const Version = z.int({ error: VERSION_RULE }).min(1, { error: VERSION_RULE });

/** A program that the registry has, in a submission. */
export const StoredProgram = z.strictObject({
  id: z.union([ProgramId, ProgramPath], {
    error: "must be a program's id, like prg_0123456789abcdef, or its path, like /ada/primes",
  }),
  version: Version.optional().meta({ description: "The current one when left out." }),
});
export type StoredProgram = z.infer<typeof StoredProgram>;
