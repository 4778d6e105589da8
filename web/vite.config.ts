import { createReadStream, createWriteStream } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import react from "@vitejs/plugin-react";
import { defineConfig, type Plugin } from "vite";

const target = "../src/calha/web";

/** Puts a .gz beside each asset, so that the server need not compress. */
function compressed(): Plugin {
  return {
    name: "calha-compressed",
    apply: "build",
    async closeBundle() {
      const folder = join(import.meta.dirname, target, "assets");
      const names = (await readdir(folder)).filter((name) => /\.(js|css|svg)$/.test(name));
      await Promise.all(
        names.map((name) =>
          pipeline(createReadStream(join(folder, name)), createGzip({ level: 9 }), createWriteStream(join(folder, `${name}.gz`))),
        ),
      );
    },
  };
}

export default defineConfig({
  plugins: [react(), compressed()],
  build: { outDir: target, emptyOutDir: true, modulePreload: { polyfill: false }, assetsInlineLimit: 0 },
  server: { proxy: { "/api": "http://127.0.0.1:8080" } },
});
