import type { SampleFacts } from "../_live/samples";

interface SampleCardProps {
  sample: SampleFacts;
  isBusy: boolean;
  isDisabled: boolean;
  onSubmit: () => void;
  onEdit: () => void;
}

export function SampleCard({ sample, isBusy, isDisabled, onSubmit, onEdit }: SampleCardProps) {
  return (
    <li className="panel flex flex-col p-5" data-testid="sample" data-sample={sample.name}>
      <h3 className="font-semibold">{sample.title}</h3>
      <p className="mt-1.5 text-sm">{sample.description}</p>
      <dl className="mt-3 mb-5 space-y-0.5 text-xs text-soft">
        <div>
          <dt className="inline font-medium">Data: </dt>
          <dd className="inline">{sample.source}</dd>
        </div>
        <div>
          <dt className="inline font-medium">Licence: </dt>
          <dd className="inline">{sample.licence}</dd>
        </div>
      </dl>
      <div className="mt-auto flex gap-2">
        <button
          type="button"
          className="button flex-1"
          aria-label={`Submit ${sample.title}`}
          disabled={isDisabled}
          onClick={onSubmit}
        >
          {isBusy ? "Sending…" : "Submit"}
        </button>
        <button
          type="button"
          className="button button-quiet"
          aria-label={`Edit first: ${sample.title}`}
          disabled={isDisabled}
          onClick={onEdit}
        >
          Edit first
        </button>
      </div>
    </li>
  );
}
