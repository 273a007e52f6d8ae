"use client";

import type { KeyboardEvent, ReactNode } from "react";

interface TabListProps<Name extends string> {
  label: string;
  tabs: readonly { name: Name; title: ReactNode }[];
  chosen: Name;
  onChoose: (name: Name) => void;
  /** Of the element that shows what is chosen; its `aria-labelledby` is `tab-{name}`. */
  panelId: string;
}

/** One stop for the Tab key; the arrow keys move between the tabs, as screen readers announce. */
export function TabList<Name extends string>({ label, tabs, chosen, onChoose, panelId }: TabListProps<Name>) {
  function move(event: KeyboardEvent) {
    const step = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : 0;
    if (step === 0) return;
    const index = tabs.findIndex(({ name }) => name === chosen);
    const next = tabs[(index + step + tabs.length) % tabs.length];
    if (!next) return;
    event.preventDefault();
    onChoose(next.name);
    document.getElementById(`tab-${next.name}`)?.focus();
  }

  return (
    <div
      role="tablist"
      aria-label={label}
      onKeyDown={move}
      className="flex gap-1 overflow-x-auto px-2 shadow-[inset_0_-1px_0_var(--line)]"
    >
      {tabs.map(({ name, title }) => (
        <button
          key={name}
          type="button"
          role="tab"
          id={`tab-${name}`}
          aria-selected={chosen === name}
          aria-controls={panelId}
          tabIndex={chosen === name ? 0 : -1}
          onClick={() => onChoose(name)}
          className="border-b-2 border-transparent px-3 py-3 text-sm whitespace-nowrap text-soft outline-offset-[-2px] aria-selected:border-accent aria-selected:font-medium aria-selected:text-ink"
        >
          {title}
        </button>
      ))}
    </div>
  );
}
