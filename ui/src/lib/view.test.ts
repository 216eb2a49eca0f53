import { describe, expect, it } from "vitest";
import { fit, follow, isWhole, length, pan, rulerStep, SHORTEST_US, type Span, zoom } from "./view";

const whole: Span = { from: 0, to: 60e6 };

describe("the stretch shown", () => {
  it("zooms around the pointer", () => {
    const z = zoom({ from: 10e6, to: 30e6 }, whole, 0.5, 15e6);
    expect(z).toEqual({ from: 12.5e6, to: 22.5e6 });
  });
  it("never leaves the clip, never gets shorter than the shortest or longer than all", () => {
    let span = whole;
    for (let i = 0; i < 200; i++) {
      const at = span.from + ((i * 37) % 100) / 100 * length(span);
      span = zoom(span, whole, i % 3 === 0 ? 1.7 : 0.4, at);
      span = pan(span, whole, (i % 2 ? 1 : -1) * 3e6);
      expect(span.from).toBeGreaterThanOrEqual(0);
      expect(span.to).toBeLessThanOrEqual(whole.to + 1e-3);
      expect(length(span)).toBeGreaterThanOrEqual(SHORTEST_US - 1);
    }
    expect(isWhole(zoom(span, whole, 1e9, 0), whole)).toBe(true);
  });
  it("of a clip shorter than the shortest is the whole of it", () => expect(fit({ from: 5, to: 9 }, { from: 0, to: 1000 })).toEqual({ from: 0, to: 1000 }));
  it("moves just enough to keep the playhead in sight", () => {
    const span = { from: 0, to: 10e6 };
    expect(follow(span, whole, 5e6)).toBe(span);
    expect(follow(span, whole, 12e6)).toEqual({ from: 3e6, to: 13e6 });
    expect(follow({ from: 20e6, to: 30e6 }, whole, 12e6)).toEqual({ from: 11e6, to: 21e6 });
  });
});

it.each([[48e6, 834, 10e6], [2e6, 834, 0.5e6], [7200e6, 834, 900e6], [60e6, 300, 30e6]])("a ruler of %i µs on %i px steps by %i", (us, px, step) => expect(rulerStep({ from: 0, to: us }, px)).toBe(step));
