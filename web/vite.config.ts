import { createReadStream, createWriteStream } from "node:fs";
import { copyFile, readdir } from "node:fs/promises";
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
      for (const part of ["assets", "api-docs"]) {
        const folder = join(import.meta.dirname, target, part);
        const names = (await readdir(folder)).filter((name) => /\.(js|css|svg)$/.test(name));
        await Promise.all(
          names.map((name) =>
            pipeline(createReadStream(join(folder, name)), createGzip({ level: 9 }), createWriteStream(join(folder, `${name}.gz`))),
          ),
        );
      }
    },
  };
}

/** What the API's documentation is drawn with: not part of the app, but served beside it, because a plant has no CDN. */
function apiDocs(): Plugin {
  return {
    name: "calha-api-docs",
    apply: "build",
    async writeBundle() {
      for (const name of ["swagger-ui-bundle.js", "swagger-ui.css"]) {
        const source = join(import.meta.dirname, "node_modules/swagger-ui-dist", name);
        await copyFile(source, join(import.meta.dirname, target, "api-docs", name));
      }
    },
  };
}

export default defineConfig({
  plugins: [react(), apiDocs(), compressed()],
  build: { outDir: target, emptyOutDir: true, modulePreload: { polyfill: false }, assetsInlineLimit: 0 },
  server: { proxy: { "/api": "http://127.0.0.1:8080" } },
});
