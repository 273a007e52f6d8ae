/** Lists that come in pages, as one. */
import type * as z from "zod";
import type { ApiRequest, Client } from "./client";

/** Entries of one page. */
const PAGE = 1000;

/** @yields Every entry of every page; the next page is asked for when the one before has been read. */
export async function* readPages<Page extends { nextCursor: string | null }, Entry>(
  client: Client,
  request: ApiRequest,
  schema: z.ZodType<Page>,
  entriesOf: (page: Page) => readonly Entry[],
): AsyncGenerator<Entry, void> {
  let cursor: string | null = null;
  do {
    const query: ApiRequest["query"] = { limit: PAGE, ...request.query, ...(cursor !== null && { cursor }) };
    const page: Page = await client.json({ ...request, query }, schema);
    yield* entriesOf(page);
    cursor = page.nextCursor;
  } while (cursor !== null);
}
