import type { Metadata } from "next";
import { NewPipeline } from "../../_components/new-pipeline";

export const metadata: Metadata = { title: "New pipeline" };

export default function NewPipelinePage() {
  return <NewPipeline />;
}
