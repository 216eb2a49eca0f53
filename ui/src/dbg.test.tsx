import { screen } from "@testing-library/react";
import { it } from "vitest";
import { openWindow } from "./test/window";
it("dbg", async () => {
  await openWindow("batch", { queued: 10 });
  const grid = await screen.findByRole("grid");
  console.log(grid.querySelectorAll('[role="row"]').length, grid.querySelector(".grid__body")?.innerHTML.slice(0, 300), grid.offsetHeight);
});
