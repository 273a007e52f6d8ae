"use client";

import { useState, type ReactNode } from "react";
import { messageOf } from "../_live/api";

interface ActionButtonProps {
  children: ReactNode;
  className?: string;
  isDisabled?: boolean;
  act: () => Promise<unknown>;
  onProblem: (message: string | null) => void;
}

/** A button that asks something of the grid, and tells whoever shows problems when it is refused. */
export function ActionButton({ children, className, isDisabled, act, onProblem }: ActionButtonProps) {
  const [isAsking, setAsking] = useState(false);

  async function press() {
    setAsking(true);
    onProblem(null);
    try {
      await act();
    } catch (error) {
      onProblem(messageOf(error));
    }
    setAsking(false);
  }

  return (
    <button
      type="button"
      className={className ?? "button button-quiet"}
      disabled={isAsking || isDisabled}
      onClick={() => void press()}
    >
      {children}
    </button>
  );
}
