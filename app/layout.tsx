import type { Metadata, Viewport } from "next";
import type { ReactNode } from "react";
import { SiteHeader } from "./_components/site-header";
import "./globals.css";

export const metadata: Metadata = {
  title: { default: "Tabgrid", template: "%s · Tabgrid" },
  description: "A volunteer-computing grid whose workers are browser tabs.",
};

export const viewport: Viewport = {
  themeColor: [
    { media: "(prefers-color-scheme: light)", color: "#f6f6f2" },
    { media: "(prefers-color-scheme: dark)", color: "#0f1312" },
  ],
};

export default function RootLayout({ children }: { children: ReactNode }) {
  return (
    <html lang="en">
      <body className="min-h-dvh">
        <a href="#content" className="button sr-only focus:not-sr-only focus:absolute focus:m-2">
          Skip to content
        </a>
        <SiteHeader />
        <main id="content" className="mx-auto w-full max-w-6xl px-4 pt-6 pb-16 sm:px-6 sm:pt-8">
          {children}
        </main>
      </body>
    </html>
  );
}
