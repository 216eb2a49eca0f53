// Where in the window one is, kept in the address's fragment so that Back works and every place can be opened directly.
import { useSyncExternalStore } from "react";

export type HelpTopic = "meaning" | "base" | "ethics" | "keys";
export type Route =
  | { page: "home" }
  | { page: "analysis"; of: { kind: "stored"; id: number } | { kind: "job"; id: number } | null }
  | { page: "batch" }
  | { page: "cases"; id: number | null }
  | { page: "models"; id: string | null }
  | { page: "settings" }
  | { page: "help"; topic: HelpTopic };

const TOPICS: HelpTopic[] = ["meaning", "base", "ethics", "keys"];

export function parse(hash: string): Route {
  const [page, a, b] = hash.replace(/^#?\/?/, "").split("/").map(decodeURIComponent);
  const id = (text: string | undefined): number | null => (text && /^\d+$/.test(text) ? Number(text) : null);
  switch (page) {
    case "analysis": {
      const [kind, number] = [a === "job" ? "job" : "stored", id(a === "job" ? b : a)] as const;
      return { page, of: number === null ? null : { kind, id: number } };
    }
    case "batch":
    case "settings":
      return { page };
    case "cases":
      return { page, id: id(a) };
    case "models":
      return { page, id: a || null };
    case "help":
      return { page, topic: TOPICS.find((t) => t === a) ?? "meaning" };
    default:
      return { page: "home" };
  }
}

export function href(route: Route): string {
  switch (route.page) {
    case "home":
      return "#/";
    case "analysis":
      return route.of ? `#/analysis/${route.of.kind === "job" ? "job/" : ""}${route.of.id}` : "#/analysis";
    case "cases":
      return route.id === null ? "#/cases" : `#/cases/${route.id}`;
    case "models":
      return route.id === null ? "#/models" : `#/models/${encodeURIComponent(route.id)}`;
    case "help":
      return `#/help/${route.topic}`;
    default:
      return `#/${route.page}`;
  }
}

export function go(route: Route): void {
  window.location.hash = href(route);
}

const subscribe = (changed: () => void): (() => void) => {
  window.addEventListener("hashchange", changed);
  return () => window.removeEventListener("hashchange", changed);
};

let last: { hash: string; route: Route } = { hash: "", route: { page: "home" } };

/** The same object as long as the address is the same. */
export function current(): Route {
  const { hash } = window.location;
  if (hash !== last.hash) last = { hash, route: parse(hash) };
  return last.route;
}

export const useRoute = (): Route => useSyncExternalStore(subscribe, current);
