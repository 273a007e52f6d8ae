import type { Metadata } from "next";
import { DatasetsPage } from "../_components/datasets-page";

export const metadata: Metadata = { title: "Datasets" };

export default function DatasetsRoute() {
  return <DatasetsPage />;
}
