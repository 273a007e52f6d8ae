"use client";

import { useEffect, useRef } from "react";
import { ImportList } from "../../protocol/import";
import { usePolled, type Polled } from "./use-polled";

const EVERY_MS = 1_000;

/** Data on its way from addresses. @param onComplete Called when one has become a version. */
export function useImports(onComplete: () => void): Polled<ImportList> {
  const polled = usePolled(ImportList, "/api/v1/imports", EVERY_MS);
  const complete = polled.value?.imports.filter(({ state }) => state === "complete").length;
  const before = useRef(complete);
  const tell = useRef(onComplete);

  useEffect(() => {
    tell.current = onComplete;
  });
  useEffect(() => {
    if (before.current !== undefined && complete !== undefined && complete > before.current) tell.current();
    before.current = complete;
  }, [complete]);

  return polled;
}
