import optimizeLocales from "@react-aria/optimize-locales-plugin";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

// The window's content security policy allows neither data: nor blob: addresses nor inline scripts.
export default defineConfig({
  plugins: [react(), { ...optimizeLocales.vite({ locales: ["en-US", "fr-FR"] }), enforce: "pre" }],
  base: "./",
  clearScreen: false,
  build: {
    target: "safari16",
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 900,
    license: { fileName: "licences.md" },
  },
  test: {
    css: false,
    pool: "threads",
    projects: [
      { extends: true, test: { name: "lib", include: ["src/**/*.test.ts"], environment: "node" } },
      { extends: true, test: { name: "window", include: ["src/**/*.test.tsx"], environment: "jsdom", setupFiles: ["src/test/setup.ts"], testTimeout: 20_000 } },
    ],
  },
});
