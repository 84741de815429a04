// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

// Starts the emulator that is in the provider's binary, and maps fal's hosts
// to it. The client library itself is unchanged.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

import { createFalClient } from "@fal-ai/client";

export const KEY = "11111111-2222-3333-4444-555555555555:secret";

/** Starts an emulator on a free port. Its stop() ends it. */
export async function startEmulator(...options) {
  const binary = process.env.FLUX2_BINARY;
  if (!binary) {
    throw new Error("FLUX2_BINARY must name the provider's binary");
  }
  const child = spawn(binary, ["emulate", "-listen", "127.0.0.1:0", ...options], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const failed = once(child, "exit").then(([code]) => {
    throw new Error(`the emulator has ended with exit code ${code}`);
  });
  failed.catch(() => {});
  const [url] = await Promise.race([once(createInterface(child.stdout), "line"), failed]);
  return {
    url,
    async stop() {
      const ended = once(child, "exit");
      child.kill("SIGTERM");
      const [code] = await ended;
      return code;
    },
  };
}

/** A client of fal's library whose requests go to the emulator. */
export function clientFor(emulator, { key = KEY, seen = [] } = {}) {
  const hosts = {
    "queue.fal.run": "/queue",
    "fal.run": "/run",
    "rest.fal.ai": "/rest",
  };
  return createFalClient({
    credentials: key,
    requestMiddleware: async (request) => {
      const url = new URL(request.url);
      const prefix = hosts[url.hostname];
      if (prefix === undefined) {
        throw new Error(`the client wants to call ${url.hostname}`);
      }
      seen.push(`${request.method.toUpperCase()} ${prefix}${url.pathname}${url.search}`);
      return { ...request, url: emulator.url + prefix + url.pathname + url.search };
    },
  });
}
