import type { Metadata } from "next";
import { PipelineDetail } from "../../_components/pipeline-detail";

export const metadata: Metadata = { title: "Pipeline" };

export default async function PipelineRoute({ params }: { params: Promise<{ id: string }> }) {
  const { id } = await params;
  // The key starts the page afresh when one pipeline's page leads to another's.
  return <PipelineDetail key={id} id={decodeURIComponent(id)} />;
}
