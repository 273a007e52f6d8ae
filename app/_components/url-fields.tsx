"use client";

import { ImportList } from "../../protocol/import";
import { usePolled } from "../_live/use-polled";
import { AddressField } from "./address-field";
import { FormatFields } from "./format-fields";
import type { DraftFieldsProps } from "./input-fields";

/** What the operator allows does not change while the coordinator runs. */
const HOSTS_MS = 600_000;

/** A job's input that is fetched from an address while it is submitted. */
export function UrlFields({ draft, change, problemOf }: DraftFieldsProps) {
  const { value } = usePolled(ImportList, "/api/v1/imports", HOSTS_MS);
  return (
    <>
      <AddressField
        url={draft.url}
        change={(url) => change({ url })}
        hosts={value?.hosts ?? null}
        problem={problemOf("input.url")}
      />
      <FormatFields
        format={draft.urlFormat}
        change={(urlFormat) => change({ urlFormat })}
        canBeTold
        problem={problemOf("input.format")}
      />
      <p className="text-xs text-soft">
        It is fetched while the job is submitted, which may take a while. What is large, or read more than
        once, is better imported as a dataset.
      </p>
    </>
  );
}
