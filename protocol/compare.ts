/** How the outputs of a task's copies are compared, when equal bytes are not asked for. */
import * as z from "zod";

const TOLERANCE = "must be a number from 0";
const tolerance = () => z.number({ error: TOLERANCE }).min(0, { error: TOLERANCE });

const SHARE = "must be a number from 0 and below 1: with 1, any two numbers of one sign agree";

const fields = {
  absolute: tolerance().optional().meta({ description: "Numbers may differ by so much." }),
  relative: z.number({ error: SHARE }).min(0, { error: SHARE }).lt(1, { error: SHARE }).optional().meta({
    description:
      "Numbers may differ by so much of the larger one, below 1; or by `absolute`, if that is more.",
  }),
  unordered: z
    .boolean()
    .optional()
    .meta({ description: "Arrays are compared as sets, with repeated items counted." }),
};

/** What holds at one place of the values. */
export const ComparePath = z
  .strictObject({
    ...fields,
    ignore: z.boolean().optional().meta({ description: "Whatever is there is not compared." }),
  })
  .refine(
    ({ ignore, ...others }) => ignore === true || Object.values(others).some((part) => part !== undefined),
    { message: "must have absolute, relative, unordered or ignore: true" },
  );
export type ComparePath = z.infer<typeof ComparePath>;

const POINTER = 'must be a JSON pointer into a value, such as "/score" or "/rows/*/x"';

/** At most this many paths: each is tried at every place. */
const MOST_PATHS = 32;

export const CompareRule = z
  .strictObject({
    ...fields,
    paths: z
      .record(z.string().regex(/^(\/([^~/]|~[01])*)+$/, { error: POINTER }), ComparePath)
      .refine((paths) => Object.keys(paths).length <= MOST_PATHS, {
        message: `may have at most ${MOST_PATHS} paths`,
      })
      .optional()
      .meta({
        description:
          "Rules for single places of a value, by JSON pointer; `*` stands for any item or member.",
      }),
  })
  .refine(
    ({ absolute, relative, unordered, paths = {} }) =>
      absolute !== undefined || relative !== undefined || unordered === true || Object.keys(paths).length > 0,
    {
      message:
        'must have absolute, relative, unordered: true or at least one of paths; for equal bytes say "exact"',
    },
  );
export type CompareRule = z.infer<typeof CompareRule>;

export const Compare = z.union([z.literal("exact"), CompareRule], {
  error: ({ input }) => `${FORMS}${typeof input === "object" ? whatIsWrong(input) : ""}`,
});

const FORMS = 'must be "exact" or an object with absolute, relative, unordered and paths';

/** A union says only that none of its forms fits; who sent an object wants to know what is wrong with it. */
function whatIsWrong(input: unknown): string {
  const [issue] = CompareRule.safeParse(input).error?.issues ?? [];
  if (!issue) return "";
  const { message } = (issue.code === "invalid_key" ? issue.issues[0] : undefined) ?? issue;
  return `: ${[...issue.path.map(String), message].join(": ")}`;
}
