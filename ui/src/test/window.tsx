import { act, render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { App } from "../app/App";
import { createFake, type Fake, type FakeOptions } from "../ipc/fake";

export type Opened = { backend: Fake; user: ReturnType<typeof userEvent.setup> };

/** The whole window on a fake backend, opened at a place like `analysis/1`. Work in the queue advances by `tick`. */
export async function openWindow(place = "", options: FakeOptions = {}): Promise<Opened> {
  window.location.hash = `#/${place}`;
  const backend = createFake({ settings: { language: "en", theme: "dark", ...options.settings }, tickMs: 1e9, ...options });
  const user = userEvent.setup();
  render(<App backend={backend} />);
  await screen.findByRole("main");
  await act(async () => undefined);
  return { backend, user };
}

/** Lets the fake queue work for some steps. */
export async function tick(backend: Fake, steps = 1): Promise<void> {
  for (let i = 0; i < steps; i++) await act(async () => backend.queue.tick());
}
