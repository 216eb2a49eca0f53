import { describe, expect, it } from "vitest";
import * as f from "./format";

describe("times", () => {
  it.each([
    [0, "0:00"], [21_560_000, "0:22"], [61_000_000, "1:01"], [3_723_000_000, "1:02:03"],
  ])("%i µs as a clock", (us, text) => expect(f.clock(us)).toBe(text));

  it("follow the language in their fraction", () => {
    expect(f.preciseClock(12_480_400, "en")).toBe("0:12.480");
    expect(f.preciseClock(12_480_400, "fr")).toBe("0:12,480");
    expect(f.timecode(3_723_999_600, "en")).toBe("01:02:04.000");
  });

  it.each([[1.94, "1.9\u00a0s"], [40, "40\u00a0s"], [120, "2\u00a0min"], [125, "2\u00a0min 5\u00a0s"], [4320, "1\u00a0h 12\u00a0min"]])("%f s as a duration", (s, text) => expect(f.duration(s, "en")).toBe(text));

  it.each([[0.2, "1\u00a0s"], [14, "14\u00a0s"], [43, "40\u00a0s"], [88, "90\u00a0s"], [200, "3\u00a0min"], [7300, "2\u00a0h 0\u00a0min"]])("%f s left, without flicker", (s, text) => expect(f.roughDuration(s, "en")).toBe(text));
});

describe("numbers", () => {
  it("sizes use the language's units and mark", () => {
    expect(f.bytes(18_400_000, "en")).toBe("18.4\u00a0MB");
    expect(f.bytes(18_400_000, "fr")).toBe("18,4\u00a0Mo");
    expect(f.bytes(12, "en")).toBe("12\u00a0bytes");
  });
  it("scores have two decimals and never a percent sign", () => {
    expect(f.score(0.9149, "en")).toBe("0.91");
    expect(f.score(1, "fr")).toBe("1,00");
    expect([f.score(0.996, "en"), f.score(0.99996, "fr"), f.score(0.00004, "en"), f.score(0, "en")]).toEqual(["0.996", "0,999", "0.001", "0.00"]);
  });
  it("frame rates are read from fractions", () => {
    expect(f.frameRate("30000/1001", "en")).toBe("29.97");
    expect(f.frameRate("25/1", "fr")).toBe("25");
  });
  it("hashes keep both ends", () => expect(f.shortHash("9f2c41ab".padEnd(60, "0") + "77d0")).toBe("9f2c 41ab … 77d0"));
});

describe("dates", () => {
  const now = new Date("2026-11-21T15:00:00");
  it.each([["2026-11-21T14:59:50", "now"], ["2026-11-21T14:48:00", "12 minutes ago"], ["2026-11-21T11:00:00", "4 hours ago"], ["2026-11-20T23:50:00", "yesterday"], ["2026-11-18T10:00:00", "3 days ago"], ["2026-10-02T10:00:00", "2 October 2026"]])(
    "%s", (iso, text) => expect(f.ago(iso, now, "en")).toBe(text),
  );
  it("days without a time are not moved by the time zone", () => expect(f.date("2027-11-21", "fr")).toBe("21 novembre 2027"));
});

it("lists are joined as the language does", () => {
  expect(f.list(["1", "2", "4"], "en")).toBe("1, 2 and 4");
  expect(f.list(["1", "2"], "fr")).toBe("1 et 2");
});
