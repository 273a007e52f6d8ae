import type { Metadata } from "next";
import { NewJob } from "../../_components/new-job";

export const metadata: Metadata = { title: "New job" };

export default async function NewJobPage({
  searchParams,
}: {
  searchParams: Promise<{ dataset?: string | string[]; result?: string | string[] }>;
}) {
  const { dataset, result } = await searchParams;
  if (typeof result === "string") return <NewJob chosen={{ inputKind: "result", result }} />;
  if (typeof dataset === "string") return <NewJob chosen={{ inputKind: "dataset", dataset }} />;
  return <NewJob chosen={null} />;
}
