import { describe, expect, it } from "vitest";
import { nameOf } from "./keys";
import { href, parse, type Route } from "./route";

describe("places", () => {
  const routes: Route[] = [
    { page: "home" }, { page: "analysis", of: null }, { page: "analysis", of: { kind: "stored", id: 3 } }, { page: "analysis", of: { kind: "job", id: 12 } }, { page: "batch" },
    { page: "cases", id: null }, { page: "cases", id: 4 }, { page: "models", id: null }, { page: "models", id: "a/b c" }, { page: "settings" }, { page: "help", topic: "ethics" },
  ];
  it.each(routes)("%o has an address of its own", (route) => expect(parse(href(route))).toEqual(route));
  it.each(["", "#", "#/nowhere", "#/HOME"])("%s leads home", (hash) => expect(parse(hash)).toEqual({ page: "home" }));
  it.each(["#/analysis/x", "#/analysis/-1", "#/analysis/job"])("%s opens nothing", (hash) => expect(parse(hash)).toEqual({ page: "analysis", of: null }));
});

it.each([["n", false, "n"], ["N", true, "n"], [" ", false, "Space"], ["ArrowLeft", true, "Shift+ArrowLeft"], ["?", true, "?"]])("%s is the key %s", (key, shiftKey, name) => expect(nameOf({ key, shiftKey })).toBe(name));
