/** `fetch` as a tab has it: addresses are the coordinator's, and the cookie that it sets goes along. */

export interface CookieFetch {
  readonly fetch: (path: string, init?: RequestInit) => Promise<Response>;
  header(): string;
}

/** @param known The cookie of an earlier life. @param changed Told of a new one. */
export function openCookieFetch(
  url: string,
  known: string | null,
  changed: (cookie: string) => void,
): CookieFetch {
  let cookie = known ?? "";
  return {
    header: () => cookie,
    async fetch(path, init = {}) {
      const headers = new Headers(init.headers);
      if (cookie !== "") headers.set("cookie", cookie);
      const response = await fetch(`${url}${path}`, { ...init, headers });
      const [set] = response.headers.getSetCookie();
      const [pair = ""] = set?.split(";", 1) ?? [];
      if (pair !== "" && pair !== cookie) {
        cookie = pair;
        changed(cookie);
      }
      return response;
    },
  };
}
