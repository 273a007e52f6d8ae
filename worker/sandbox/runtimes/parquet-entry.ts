/** What a slot is given, beside the runtime of its program, when records are rows of a Parquet file. */
import { parquetRows } from "../parquet/rows";
import type { ReaderModule } from "./runtime-module";

export const rows: ReaderModule["rows"] = parquetRows;
