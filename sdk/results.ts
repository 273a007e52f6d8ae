/** What `grid.map` and `run` give: results one by one, or all at once. */

/** Nothing is submitted before it is read. It can be read once. */
export interface Results<Value> extends AsyncIterable<Value> {
  /** Leaving the loop early cancels what is not finished. */
  [Symbol.asyncIterator](): AsyncGenerator<Value, void>;
  /** All of them, in order. */
  toArray(): Promise<Value[]>;
}

export function openResults<Value>(read: () => AsyncGenerator<Value, void>): Results<Value> {
  let isRead = false;
  const once = () => {
    if (isRead) throw new TypeError("These results have been read already: call map or run again");
    isRead = true;
    return read();
  };
  return {
    [Symbol.asyncIterator]: once,
    async toArray() {
      const all: Value[] = [];
      for await (const value of once()) all.push(value);
      return all;
    },
  };
}
