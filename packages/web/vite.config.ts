import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

const server = process.env.STACKIT_URL ?? "http://127.0.0.1:8080";

export default defineConfig({
  root: import.meta.dirname,
  plugins: [react()],
  build: {
    outDir: "../stackit/dist/web",
    emptyOutDir: true,
    target: "es2022",
    // A data: URI would need an exception in the content security policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  server: {
    host: "127.0.0.1",
    proxy: { "/api": server, "/problems": server, "/docs": server },
  },
});
