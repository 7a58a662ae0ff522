import type { NextConfig } from "next";

const config: NextConfig = {
  // One folder that runs with `node server.js`, without node_modules.
  output: "standalone",
  // Without these, a lock file further up the disk moves the root and the layout of that folder.
  outputFileTracingRoot: import.meta.dirname,
  turbopack: { root: import.meta.dirname },
  // No picture is ever resized, so the image library and its cache stay out.
  images: { unoptimized: true },
  outputFileTracingExcludes: { "next-server": ["node_modules/sharp/**", "node_modules/@img/**"] },
  poweredByHeader: false,
  headers: async () => [
    {
      source: "/:path*",
      headers: [
        { key: "X-Content-Type-Options", value: "nosniff" },
        { key: "X-Frame-Options", value: "DENY" },
        { key: "Referrer-Policy", value: "same-origin" },
      ],
    },
  ],
};

export default config;
