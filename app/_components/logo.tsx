/** Four tabs, two of them at work. */
export function Logo() {
  return (
    <svg viewBox="0 0 20 20" className="size-5 fill-accent" aria-hidden="true">
      <rect width="9" height="9" rx="2" />
      <rect x="11" width="9" height="9" rx="2" opacity=".35" />
      <rect y="11" width="9" height="9" rx="2" opacity=".35" />
      <rect x="11" y="11" width="9" height="9" rx="2" />
    </svg>
  );
}
