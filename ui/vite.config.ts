import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

// The window's content security policy allows neither data: nor blob: addresses nor inline scripts.
export default defineConfig({
  plugins: [react()],
  base: "./",
  clearScreen: false,
  build: {
    target: "safari16",
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 900,
  },
  test: {
    environment: "jsdom",
    globals: true,
    setupFiles: ["src/test/setup.ts"],
    css: false,
    pool: "threads",
    restoreMocks: true,
  },
});
