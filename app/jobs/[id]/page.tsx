import type { Metadata } from "next";
import { JobPage } from "../../_components/job-page";

export const metadata: Metadata = { title: "Job" };

export default async function JobRoute({ params }: { params: Promise<{ id: string }> }) {
  const { id } = await params;
  // The key starts the page afresh when one job's page leads to another's.
  return <JobPage key={id} id={decodeURIComponent(id)} />;
}
