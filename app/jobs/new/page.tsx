import type { Metadata } from "next";
import { NewJob } from "../../_components/new-job";

export const metadata: Metadata = { title: "New job" };

export default async function NewJobPage({
  searchParams,
}: {
  searchParams: Promise<{ dataset?: string | string[] }>;
}) {
  const { dataset } = await searchParams;
  return <NewJob dataset={typeof dataset === "string" ? dataset : null} />;
}
