import { counted } from "../_live/format";

interface QuorumChoiceProps {
  quorum: number;
  onChange: (quorum: number) => void;
  /** Connected now; null while that is not known. */
  volunteers: number | null;
}

const SENTENCES: Record<number, string> = {
  1: "Quorum 1: the first answer is believed. Works with one volunteer; the result is marked “not validated”.",
  2: "Quorum 2: two different volunteers (browser profiles) must agree; with one volunteer connected the job waits for a second.",
};

export function QuorumChoice({ quorum, onChange, volunteers }: QuorumChoiceProps) {
  return (
    <fieldset className="panel flex flex-wrap items-center gap-x-5 gap-y-3 px-4 py-3">
      <legend className="sr-only">Quorum of the sample</legend>
      <div className="flex rounded-lg border border-line p-0.5">
        {[1, 2].map((choice) => (
          <label
            key={choice}
            className="cursor-pointer rounded-md px-3 py-1.5 text-sm whitespace-nowrap text-soft has-checked:bg-accent-wash has-checked:font-medium has-checked:text-accent has-focus-visible:outline-2 has-focus-visible:outline-accent"
          >
            <input
              type="radio"
              name="sample-quorum"
              className="sr-only"
              checked={quorum === choice}
              onChange={() => onChange(choice)}
            />
            Quorum {choice}
          </label>
        ))}
      </div>
      <p className="min-w-0 flex-1 basis-80 text-sm text-soft">
        {SENTENCES[quorum]}
        {volunteers !== null && ` Connected now: ${counted(volunteers, "volunteer")}.`}
      </p>
    </fieldset>
  );
}
