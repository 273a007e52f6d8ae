import { Field } from "./field";

interface AddressFieldProps {
  url: string;
  change: (url: string) => void;
  /** Whence the operator allows the coordinator to fetch; null while that is not known. */
  hosts: readonly string[] | null;
  problem: string | undefined;
}

/** An address that the coordinator is to fetch data from. */
export function AddressField({ url, change, hosts, problem }: AddressFieldProps) {
  return (
    <Field label="Address" hint={hintOn(hosts)} problem={problem}>
      {(control) => (
        <input
          {...control}
          type="url"
          className="field font-mono"
          placeholder="https://data.example.org/log.csv.gz"
          value={url}
          onChange={(event) => change(event.target.value)}
        />
      )}
    </Field>
  );
}

function hintOn(hosts: readonly string[] | null): string {
  if (hosts === null) return "Fetched by the coordinator.";
  if (hosts.length === 0) return "Off: the operator of this grid allows no hosts.";
  return `Fetched by the coordinator. Allowed here: ${hosts.join(", ")}.`;
}
