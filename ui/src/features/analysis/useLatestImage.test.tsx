import { act, renderHook } from "@testing-library/react";
import { beforeEach, expect, it, vi } from "vitest";
import { useLatestImage } from "./useLatestImage";

const asked: { src: string; onload: () => void; onerror: () => void }[] = [];

beforeEach(() => {
  asked.length = 0;
  vi.stubGlobal("Image", class {
    onload = (): void => undefined;
    onerror = (): void => undefined;
    set src(src: string) {
      asked.push({ src, onload: () => this.onload(), onerror: () => this.onerror() });
    }
  });
});

it("asks for one picture at a time, the latest wanted, and keeps what belongs to it", () => {
  const { result, rerender } = renderHook(({ n }) => useLatestImage(`picture/${n}`, n), { initialProps: { n: 1 } });
  for (const n of [2, 3, 4]) rerender({ n });
  expect(asked.map((a) => a.src)).toEqual(["picture/1"]);
  act(() => asked[0]?.onload());
  expect(result.current).toEqual({ src: "picture/1", about: 1, failed: false });
  expect(asked.map((a) => a.src)).toEqual(["picture/1", "picture/4"]);
  act(() => asked[1]?.onload());
  expect(result.current.about).toBe(4);
});

it("keeps the last good picture when one cannot be had", () => {
  const { result, rerender } = renderHook(({ n }) => useLatestImage(`picture/${n}`, n), { initialProps: { n: 1 } });
  act(() => asked[0]?.onload());
  rerender({ n: 2 });
  act(() => asked[1]?.onerror());
  expect(result.current).toEqual({ src: "picture/1", about: 1, failed: true });
});
