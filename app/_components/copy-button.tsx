"use client";

import { Check, Copy } from "lucide-react";
import { useState } from "react";

/** Puts a text on the clipboard. Where a browser allows none, the text itself is there to be marked. */
export function CopyButton({ text, children }: { text: () => string; children: string }) {
  const [isCopied, setCopied] = useState(false);

  async function copy() {
    try {
      await navigator.clipboard.writeText(text());
      setCopied(true);
    } catch {
      setCopied(false);
    }
  }

  const Icon = isCopied ? Check : Copy;
  return (
    <button type="button" className="button button-quiet" onClick={() => void copy()}>
      <Icon className="size-4" aria-hidden="true" />
      {isCopied ? "Copied" : children}
    </button>
  );
}
