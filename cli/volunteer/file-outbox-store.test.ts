import { expect, test } from "vitest";
import { digestOf } from "../../protocol/digest";
import { openFileOutboxStore } from "./file-outbox-store";

const bytes = (text: string) => new TextEncoder().encode(text);
const digest = digestOf(bytes("part"));

test("[MS8] a Node volunteer keeps large parts in files, in the order of what is asked, until it stops", async () => {
  const { store, close } = await openFileOutboxStore();
  const kept = store.keep(digest, bytes("part"));
  expect(await store.bytesOf(digest)).toEqual(bytes("part"));
  await kept;
  expect(await store.bytesOf(digest)).toEqual(bytes("part"));
  const changes = [store.remove([], [digest]), store.keep(digest, bytes("part"))];
  await Promise.all(changes);
  expect(await store.bytesOf(digest)).toEqual(bytes("part"));
  await store.remove([], [digest]);
  expect(await store.bytesOf(digest)).toBe(null);
  await close();
  expect(await store.bytesOf(digest)).toBe(null);
});
